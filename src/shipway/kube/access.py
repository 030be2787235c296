"""One way in: a lightkube client for a kubeconfig, whose errors are ours."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from lightkube import AsyncClient, KubeConfig
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import User
from lightkube.core.exceptions import ApiError, ConfigError

from shipway.commands import kubectl
from shipway.commands.helm import Cluster
from shipway.errors import ShipwayError
from shipway.kube.errors import (
    ApiRefused,
    ClusterUnreachable,
    Forbidden,
    NoCluster,
    Stranger,
)
from shipway.kube.token_file import token_file


@dataclass(frozen=True, slots=True)
class Access:
    """Where a cluster is, and what to type when it is not there."""

    target: str
    kubeconfig: Path
    start: str
    context: str | None = None
    local: bool = False  # on this machine: no proxy of the environment stands between
    stranger: str = ""  # what to do when it does not know us; empty: `start`
    bearer: Callable[[], Awaitable[str]] | None = (
        None  # makes a token; None: as the kubeconfig says
    )


@asynccontextmanager
async def connect(access: Access) -> AsyncIterator[AsyncClient]:
    """Raises NoCluster, ClusterUnreachable, Stranger, Forbidden or ApiRefused, in the body too."""
    async with opened(access) as client:
        with told(access):
            yield client


@asynccontextmanager
async def opened(access: Access) -> AsyncIterator[AsyncClient]:
    """A client for several bodies, each of which is to be `told`. NoCluster where there is none."""
    config = _config(access)
    async with AsyncExitStack() as stack:
        if access.bearer is not None:
            # a kubeconfig's plugin would be started once for each of several requests at once
            token = await stack.enter_async_context(token_file(access.bearer))
            config = config._replace(user=User(token_file=str(token)))
        client = AsyncClient(config=config, trust_env=not access.local)
        stack.push_async_callback(client.aclose)
        yield client


def _config(access: Access) -> SingleConfig:
    try:
        config = KubeConfig.from_file(access.kubeconfig).get(access.context)
    except (ConfigError, OSError) as missing:
        raise NoCluster(access.target, access.start) from missing
    if config is None:
        raise NoCluster(access.target, access.start)
    return config


@contextmanager
def told(access: Access) -> Iterator[None]:
    """What the cluster refuses in the body, as one of our errors."""
    try:
        yield
    except ApiError as error:
        raise refusal(access, error) from error
    except httpx2.HTTPStatusError as error:  # too busy for its own words, or not the API
        status = error.response.status_code
        raise ApiRefused(f"{status} {error.response.reason_phrase}", status) from error
    except httpx2.TransportError as error:
        reason = str(error) or type(error).__name__
        server = _config(access).cluster.server or ""
        raise ClusterUnreachable(server, reason, access.start) from error


def refusal(access: Access, error: ApiError) -> ShipwayError:
    if error.status.code == 401:
        return Stranger(access.target, access.stranger or access.start)
    if error.status.code == 403:
        return _forbidden(access, str(error.status.message))
    return ApiRefused(str(error.status.message), error.status.code or 0)


def _forbidden(access: Access, message: str) -> Forbidden:
    """The API says where in words alone."""
    where = re.search(r'in the namespace "([^"]+)"', message)
    shown = Cluster(Path(os.path.relpath(access.kubeconfig)), access.context)
    rights = kubectl.rights(shown, where[1] if where else None)
    return Forbidden(message, str(rights))
