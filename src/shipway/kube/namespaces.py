"""The namespaces of a cluster that others make: releases need theirs to be there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
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
