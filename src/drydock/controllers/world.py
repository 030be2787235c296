"""What the controllers see of the cluster: its objects, who depends on whom, what pods use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drydock.controllers.metrics import UsageOf
from drydock.metadata import key_of, references
from drydock.resources import EVENTS, RESOURCES, Object, Resource
from drydock.store import Change, Store

_BY_KIND = {(each.api_version, each.kind): each for each in RESOURCES}

WATCHED = tuple(each for each in RESOURCES if each != EVENTS)


@dataclass(frozen=True, slots=True)
class Key:
    """One object in the care of one controller."""

    controller: str
    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.controller} {self.resource.kind} {place}"


def key(controller: str, resource: Resource, obj: Object) -> Key:
    return Key(controller, resource, *key_of(obj))


def resource_of(reference: Object) -> Resource | None:
    """None for a kind that this cluster does not serve."""
    return _BY_KIND.get((reference["apiVersion"], reference["kind"]))


class World:
    """Reads the store; keeps beside it only the index from an owner to its dependents."""

    def __init__(self, store: Store, usage: UsageOf, authority: str) -> None:
        self.store = store
        self.usage = usage
        self.authority = authority
        self._dependents: dict[str, dict[Key, None]] = {}

    def note(self, change: Change) -> None:
        """Keep the index true. Every watched change passes here, in order."""
        entry = key("gc", change.resource, change.object)
        for side in (change.before, change.object):
            for reference in references(side) if side is not None else ():
                self._unlink(reference["uid"], entry)
        if change.type != "DELETED":
            for reference in references(change.object):
                self._dependents.setdefault(reference["uid"], {})[entry] = None

    def _unlink(self, uid: str, entry: Key) -> None:
        entries = self._dependents.get(uid, {})
        entries.pop(entry, None)
        if not entries:
            self._dependents.pop(uid, None)

    def forget(self) -> None:
        self._dependents.clear()

    def get(self, entry: Key) -> Object | None:
        return self.store.get(entry.resource, entry.namespace, entry.name)

    def beside(self, obj: Object, resource: Resource) -> Sequence[Object]:
        """All of a kind in the namespace of `obj`."""
        return self.store.list(resource, obj["metadata"]["namespace"])

    def owner(self, obj: Object, reference: Object) -> tuple[Resource, Object | None] | None:
        """The owner that a reference names, None in it when it is gone; None for an unknown kind."""
        resource = resource_of(reference)
        if resource is None:
            return None
        namespace = obj["metadata"].get("namespace", "") if resource.namespaced else ""
        owner = self.store.get(resource, namespace, reference["name"])
        if owner is None or owner["metadata"]["uid"] != reference["uid"]:
            return resource, None
        return resource, owner

    def dependents(self, owner: Object) -> list[tuple[Resource, Object]]:
        uid = owner["metadata"]["uid"]
        return [
            (entry.resource, obj)
            for entry in self._dependents.get(uid, {})
            if (obj := self.get(entry)) is not None
            and any(each["uid"] == uid for each in references(obj))
        ]

    def dependent_keys(self, owner: Object) -> list[Key]:
        return list(self._dependents.get(owner["metadata"]["uid"], ()))

    def contents(self, namespace: str) -> Iterator[tuple[Resource, Object]]:
        for resource in RESOURCES:
            if resource.namespaced:
                for obj in self.store.list(resource, namespace):
                    yield resource, obj
