"""The cluster's objects: one global resource version, and the window of changes that watches read."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from drydock.resources import Resource

Object = Mapping[str, Any]
"""An API object as JSON. What the store hands out is shared: read it, never write into it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the watch window."""

    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: Resource
    object: Object
    before: Object | None = None  # what MODIFIED replaced: selector transitions need both sides


class Conflict(Exception):
    """The writer's resourceVersion or uid is not the stored one."""


class AlreadyExists(Exception):
    """Create met a living object of that name."""


class NotFound(Exception):
    """There is no such object."""


class Gone(Exception):
    """The asked version is older than the window of changes."""


class Store:
    """Synchronous and single-threaded: one event loop owns it. Durable in SQLite (WAL) when given a path."""

    def __init__(self, path: Path | None = None, *, window: int = 4096) -> None:
        raise NotImplementedError

    @property
    def version(self) -> int:
        """The version of the latest change, over all kinds."""
        raise NotImplementedError

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """`namespace` is empty for cluster-scoped kinds."""
        raise NotImplementedError

    def list(self, resource: Resource, namespace: str | None = None) -> Sequence[Object]:
        """Sorted by namespace and name; None is all namespaces."""
        raise NotImplementedError

    def create(self, resource: Resource, obj: Object) -> Object:
        """Fill in uid, creationTimestamp, generation, resourceVersion and generateName's suffix."""
        raise NotImplementedError

    def update(
        self, resource: Resource, obj: Object, *, subresource: Literal["", "status"] = ""
    ) -> Object:
        """Replace the object; a resourceVersion inside `obj` must be the stored one, none is unconditional.

        The main resource keeps the stored status (where the kind has a status subresource), `status` keeps all
        but the status. A write that changes nothing bumps nothing and tells nobody. `generation` counts changes
        of the spec. The last finalizer's removal from a deleted object removes it.
        """
        raise NotImplementedError

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
        grace_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> Object:
        """Mark or remove. A pod with a node and a grace period is only marked; its node removes it with grace 0.

        Dependants are the garbage collector's: Foreground adds the `foregroundDeletion` finalizer, Orphan `orphan`.
        """
        raise NotImplementedError

    def changes(
        self, since: int, resources: Collection[Resource] | None = None
    ) -> AsyncIterator[Change]:
        """All later changes in order, forever; raises Gone when `since` has left the window."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
