"""The machines of a cluster: an image made for others would be pulled, and then not start."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.resources.core_v1 import Node

from shipway.errors import REFUSED, ShipwayError


@dataclass(eq=False)
class OtherMachines(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    image: str
    architecture: str
    target: str
    nodes: Collection[str]

    @property
    def problem(self) -> str:
        there = " and ".join(sorted(self.nodes))
        return f"{self.image} is made for {self.architecture}, and the nodes of {self.target} are {there}"

    @property
    def remedy(self) -> str:
        wanted = min(self.nodes)
        return (
            f"build it on a machine of {wanted}, as in CI, or set image.builder: docker and: "
            f"DOCKER_DEFAULT_PLATFORM=linux/{wanted} shipway build --target {self.target}"
        )


async def architectures(client: AsyncClient) -> frozenset[str]:
    """Empty where there is no node yet, or where we may not see them: who deploys to one namespace need not."""
    try:
        nodes = [each async for each in client.list(Node)]
    except ApiError as error:
        if error.status.code == 403:
            return frozenset()
        raise
    known = (each.status and each.status.nodeInfo for each in nodes)
    return frozenset(each.architecture for each in known if each)
