"""The cluster's objects: one global resource version, and the window of changes that watches read."""

import asyncio
import bisect
import uuid
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import choice
from typing import Literal

from drydock import lifecycle
from drydock.disk import Disk
from drydock.home import Hindered
from drydock.lifecycle import SUFFIX_LETTERS, Propagation
from drydock.metadata import key_of
from drydock.resources import RESOURCES, Object, Resource

STALE = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


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
    """The asked version is outside the window of changes."""


class Store:
    """Synchronous and single-threaded: one event loop owns it. Durable in SQLite (WAL) when given a path.

    Every write takes exactly one version, so the window needs no index: a change's place is its distance
    from the latest version. `dry_run` answers what a write would answer and stores nothing.
    """

    def __init__(self, path: Path | None = None, *, window: int = 4096) -> None:
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._order: dict[Resource, list[tuple[str, str]]] = {}
        self._window: deque[Change] = deque(maxlen=window)
        self._waiting: dict[asyncio.Future[None], Collection[Resource] | None] = {}
        self._catch_up = max(window // 4, 1)  # changes
        self._version = 0
        self._closed = False
        self._broken = asyncio.Event()
        self._failure: Hindered | None = None
        self._disk = Disk(path) if path else None
        if self._disk:
            try:
                self._load(self._disk)
            except BaseException:
                self._disk.close()
                raise

    def _load(self, disk: Disk) -> None:
        known = {_saved_as(resource): resource for resource in RESOURCES}
        self._version = disk.version()
        for saved_as, obj in disk.objects():
            # another version of drydock may have saved kinds that we do not serve
            if saved_as in known:
                self._keep(known[saved_as], obj)

    @property
    def version(self) -> int:
        """The version of the latest change, over all kinds."""
        return self._version

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def oldest(self) -> int:
        """The oldest version that `changes` can start after."""
        return self._version - len(self._window)

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """`namespace` is empty for cluster-scoped kinds."""
        return self._objects.get(resource, {}).get((namespace, name))

    def list(self, resource: Resource, namespace: str | None = None) -> Sequence[Object]:
        """Sorted by namespace and name; None is all namespaces."""
        objects = self._objects.get(resource, {})
        order = self._order.get(resource, [])
        if namespace is None:
            return [objects[key] for key in order]
        start = bisect.bisect_left(order, (namespace, ""))
        end = bisect.bisect_left(order, (namespace + "\0", ""))
        return [objects[key] for key in order[start:end]]

    def identify(self, resource: Resource, obj: Object) -> Object:
        """`obj` with a uid of its own, and a name where it has but a generateName.

        For who needs them before the object is created: admission writes them into a Job's selector.
        """
        metadata = obj["metadata"]
        name = metadata.get("name") or self._generate_name(resource, obj)
        return {**obj, "metadata": {**metadata, "name": name, "uid": str(uuid.uuid4())}}

    def create(self, resource: Resource, obj: Object, *, dry_run: bool = False) -> Object:
        """Fill in uid, creationTimestamp, generation, resourceVersion and generateName's suffix.

        A uid that is there already is kept: see `identify`. A dry run's object has no resourceVersion.
        """
        if not obj["metadata"].get("name") or not obj["metadata"].get("uid"):
            obj = self.identify(resource, obj)
        if self.get(resource, *key_of(obj)):
            raise AlreadyExists(obj["metadata"]["name"])
        created = lifecycle.created(resource, obj, now=datetime.now(UTC))
        return created if dry_run else self._commit("ADDED", resource, created)

    def update(
        self,
        resource: Resource,
        obj: Object,
        *,
        subresource: Literal["", "status"] = "",
        dry_run: bool = False,
    ) -> Object:
        """Replace the object; a resourceVersion inside `obj` must be the stored one, none is unconditional.

        The main resource keeps the stored status (where the kind has a status subresource), `status` keeps all
        but the status and managedFields. A write that changes nothing bumps nothing and tells nobody.
        `generation` counts changes of the spec. The last finalizer's removal from a deleted object removes it.
        """
        metadata = obj["metadata"]
        stored = self._stored(resource, *key_of(obj))
        _check(stored, uid=metadata.get("uid"), resource_version=metadata.get("resourceVersion"))
        updated = (
            lifecycle.with_status(stored, obj)
            if subresource
            else lifecycle.replaced(resource, stored, obj)
        )
        if lifecycle.same(stored, updated):
            return stored
        if dry_run:
            return updated
        ended = lifecycle.awaits_finalizers(updated) and not lifecycle.finalizers(updated)
        return self._commit("DELETED" if ended else "MODIFIED", resource, updated, stored)

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = "Background",
        grace_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Mark or remove. A pod with a node and a grace period is only marked; its node removes it with grace 0.

        Dependants are the garbage collector's: Foreground adds the `foregroundDeletion` finalizer, Orphan `orphan`.
        A namespace is marked Terminating until its `spec.finalizers` are gone too.
        """
        stored = self._stored(resource, namespace, name)
        _check(stored, uid=uid, resource_version=resource_version)
        seconds = lifecycle.grace(resource, stored, grace_seconds)
        marked = lifecycle.marked(
            resource, stored, seconds=seconds, propagation=propagation, now=datetime.now(UTC)
        )
        if dry_run:
            return marked
        if not seconds and not lifecycle.finalizers(marked):
            return self._commit("DELETED", resource, stored, stored)
        return stored if marked == stored else self._commit("MODIFIED", resource, marked, stored)

    def after(self, version: int) -> Sequence[Change]:
        """The later changes that are known now; raises Gone when `version` is outside the window."""
        behind = self._version - version
        if not 0 <= behind <= len(self._window):
            raise Gone(version)
        return [self._window[place] for place in range(-behind, 0)]

    async def wait(self, version: int, resources: Collection[Resource] | None = None) -> None:
        """Return when there is a later version, or when the store closes.

        Who waits for changes of some `resources` is left alone by most others, but not until they fill the window.
        """
        while version == self._version and not self._closed:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting[waiting] = resources
            try:
                await waiting
            finally:
                self._waiting.pop(waiting, None)

    async def changes(
        self, since: int, resources: Collection[Resource] | None = None
    ) -> AsyncIterator[Change]:
        """All later changes in order, until the store closes; raises Gone when `since` is outside the window.

        A reader that falls behind the window gets Gone too. Any number may read at once.
        """
        while not self._closed:
            for change in self.after(since):
                since = change.version
                if resources is None or change.resource in resources:
                    yield change
            await self.wait(since, resources)

    async def failed(self) -> None:
        """Returns never, but raises what the disk said to the first write that it did not take."""
        await self._broken.wait()
        assert self._failure is not None
        raise self._failure

    def close(self) -> None:
        """End every `changes` and let go of the file. Calling it again does nothing."""
        self._closed = True
        self._wake()
        if self._disk:
            self._disk.close()

    def _stored(self, resource: Resource, namespace: str, name: str) -> Object:
        if stored := self.get(resource, namespace, name):
            return stored
        raise NotFound(name)

    def _generate_name(self, resource: Resource, obj: Object) -> str:
        metadata = obj["metadata"]
        while True:
            suffix = "".join(choice(SUFFIX_LETTERS) for _ in range(5))
            name = f"{metadata['generateName'][:58]}{suffix}"
            if not self.get(resource, metadata.get("namespace", ""), name):
                return name

    def _commit(
        self,
        type_: Literal["ADDED", "MODIFIED", "DELETED"],
        resource: Resource,
        obj: Object,
        before: Object | None = None,
    ) -> Object:
        version = self._version + 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(version)}}
        if self._disk:
            saved = None if type_ == "DELETED" else obj
            try:
                self._disk.save(version, _saved_as(resource), key_of(obj), saved)
            except Hindered as failure:
                self._failure = failure
                self._broken.set()
                raise
        self._version = version
        if type_ == "DELETED":
            self._drop(resource, key_of(obj))
        else:
            self._keep(resource, obj)
        self._window.append(Change(version, type_, resource, obj, before))
        self._wake(None if version % self._catch_up == 0 else resource)
        return obj

    def _keep(self, resource: Resource, obj: Object) -> None:
        key = key_of(obj)
        objects = self._objects.setdefault(resource, {})
        if key not in objects:
            bisect.insort(self._order.setdefault(resource, []), key)
        objects[key] = obj

    def _drop(self, resource: Resource, key: tuple[str, str]) -> None:
        del self._objects[resource][key]
        order = self._order[resource]
        del order[bisect.bisect_left(order, key)]

    def _wake(self, resource: Resource | None = None) -> None:
        """Those who wait for it, or all."""
        for waiting, wanted in tuple(self._waiting.items()):
            if resource is None or wanted is None or resource in wanted:
                del self._waiting[waiting]
                if not waiting.done():
                    waiting.set_result(None)


def _saved_as(resource: Resource) -> str:
    return f"{resource.api_version}/{resource.plural}"


def _check(stored: Object, *, uid: str | None, resource_version: str | None) -> None:
    metadata = stored["metadata"]
    if uid and uid != metadata["uid"]:
        raise Conflict(
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata['uid']}"
        )
    if resource_version and resource_version != metadata["resourceVersion"]:
        raise Conflict(STALE)
