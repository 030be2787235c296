"""Garbage collection by owner references: in the background, in the foreground, or not at all."""

from collections.abc import Sequence

from drydock.controllers.changes import Delete, Reconcile, Update
from drydock.controllers.ownership import with_references
from drydock.metadata import deleting, references
from drydock.resources import Object, Resource

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


def reconcile(
    resource: Resource,
    obj: Object,
    owners: Sequence[Object | None],
    dependents: Sequence[tuple[Resource, Object]],
) -> Reconcile:
    """`owners` are as `references(obj)` names them, None where one is gone."""
    if deleting(obj):
        finalizers = obj["metadata"].get("finalizers") or ()
        if ORPHAN in finalizers:
            yield from _orphan(resource, obj, dependents)
        elif FOREGROUND in finalizers:
            yield from _foreground(resource, obj, dependents)
    elif references(obj):
        yield from _dependent(resource, obj, owners, dependents)


def _orphan(
    resource: Resource, owner: Object, dependents: Sequence[tuple[Resource, Object]]
) -> Reconcile:
    uid = owner["metadata"]["uid"]
    for kind, dependent in dependents:
        others = [each for each in references(dependent) if each["uid"] != uid]
        yield Update(kind, with_references(dependent, others))
    yield Update(resource, _without(owner, ORPHAN))


def _foreground(
    resource: Resource, owner: Object, dependents: Sequence[tuple[Resource, Object]]
) -> Reconcile:
    for kind, dependent in dependents:
        if not deleting(dependent):
            yield Delete(kind, dependent)
    if not any(_blocks(owner, dependent) for _, dependent in dependents):
        yield Update(resource, _without(owner, FOREGROUND))


def _dependent(
    resource: Resource,
    obj: Object,
    owners: Sequence[Object | None],
    dependents: Sequence[tuple[Resource, Object]],
) -> Reconcile:
    """It stays while one of its owners does, and loses the names of those that are gone."""
    pairs = list(zip(references(obj), owners, strict=True))
    staying = [each for each, owner in pairs if owner is not None and not _waits(owner)]
    waiting = [owner for _, owner in pairs if owner is not None and _waits(owner)]
    if staying:
        if len(staying) < len(pairs):
            yield Update(resource, with_references(obj, staying))
    else:
        foreground = bool(waiting and dependents)
        yield Delete(resource, obj, "Foreground" if foreground else "Background")


def _waits(owner: Object) -> bool:
    return deleting(owner) and FOREGROUND in (owner["metadata"].get("finalizers") or ())


def _blocks(owner: Object, dependent: Object) -> bool:
    uid = owner["metadata"]["uid"]
    return any(
        each["uid"] == uid and each.get("blockOwnerDeletion") for each in references(dependent)
    )


def _without(obj: Object, finalizer: str) -> Object:
    left = [each for each in obj["metadata"]["finalizers"] if each != finalizer]
    return {**obj, "metadata": {**obj["metadata"], "finalizers": left}}
