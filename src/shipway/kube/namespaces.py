"""The namespaces that releases need to be there: made where that is ours to do, asked for where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from shipway.errors import USAGE, ShipwayError


@dataclass(eq=False)
class NamespaceMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    name: str
    start: str  # the command that makes all of them

    @property
    def problem(self) -> str:
        return f"there is no namespace {self.name}"

    @property
    def remedy(self) -> str:
        return f"kubectl create namespace {self.name}, or: {self.start}"


async def labels(client: AsyncClient, name: str, start: str) -> Mapping[str, str]:
    """Raises NamespaceMissing."""
    try:
        found = await client.get(Namespace, name)
    except ApiError as error:
        if error.status.code == 404:
            raise NamespaceMissing(name, start) from error
        raise
    return (found.metadata and found.metadata.labels) or {}


async def ensure(client: AsyncClient, name: str) -> None:
    """Make it unless it is there; somebody else may do so at the same time."""
    try:
        await client.get(Namespace, name)
    except ApiError as missing:
        if missing.status.code != 404:
            raise
        try:
            await client.create(Namespace(metadata=ObjectMeta(name=name)))
        except ApiError as error:
            if error.status.code != 409:
                raise
