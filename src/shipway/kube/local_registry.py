"""The registry of a local cluster, as the cluster itself names it.

Format: https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/generic/1755-communicating-a-local-registry
"""

from dataclasses import dataclass
from typing import ClassVar

import yaml
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.resources.core_v1 import ConfigMap

from shipway.errors import USAGE, ShipwayError

NAMESPACE = "kube-public"
NAME = "local-registry-hosting"
KEY = "localRegistryHosting.v1"


@dataclass(eq=False)
class NoLocalRegistry(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    target: str
    start: str

    @property
    def problem(self) -> str:
        return f"the {self.target} cluster names no registry: {NAMESPACE}/{NAME} is not there, or names no host"

    @property
    def remedy(self) -> str:
        return self.start


async def local_registry(client: AsyncClient, target: str, start: str) -> str:
    """Host and port as this machine and the nodes know them. Raises NoLocalRegistry."""
    try:
        found = await client.get(ConfigMap, NAME, namespace=NAMESPACE)
    except ApiError as error:
        if error.status.code == 404:
            raise NoLocalRegistry(target, start) from error
        raise
    host = _host((found.data or {}).get(KEY, ""))
    if host is None:
        raise NoLocalRegistry(target, start)
    return host


def _host(text: str) -> str | None:
    try:
        hosting = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    host = hosting.get("host") if isinstance(hosting, dict) else None
    return host if isinstance(host, str) and host else None
