"""One way in: a lightkube client for a kubeconfig, whose errors are ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from lightkube import AsyncClient, KubeConfig
from lightkube.core.exceptions import ApiError, ConfigError

from shipway.kube.errors import ApiRefused, ClusterUnreachable, Forbidden, NoCluster


@dataclass(frozen=True, slots=True)
class Access:
    """Where a cluster is, and what to type when it is not there."""

    target: str
    kubeconfig: Path
    start: str
    context: str | None = None
    local: bool = False  # on this machine: no proxy of the environment stands between


@asynccontextmanager
async def connect(access: Access) -> AsyncIterator[AsyncClient]:
    """Raises NoCluster, ClusterUnreachable, Forbidden or ApiRefused, in the body too."""
    try:
        config = KubeConfig.from_file(access.kubeconfig).get(access.context)
    except (ConfigError, OSError) as missing:
        raise NoCluster(access.target, access.start) from missing
    if config is None:
        raise NoCluster(access.target, access.start)
    client = AsyncClient(config=config, trust_env=not access.local)
    try:
        yield client
    except ApiError as error:
        if error.status.code in {401, 403}:
            raise Forbidden(str(error.status.message), "kubectl auth whoami") from error
        raise ApiRefused(str(error.status.message)) from error
    except httpx2.TransportError as error:
        reason = str(error) or type(error).__name__
        raise ClusterUnreachable(config.cluster.server or "", reason, access.start) from error
    finally:
        await client.aclose()
