"""ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, numbered."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from drydock.controllers.changes import Change, Create, Delete, NameTaken, Reconcile, Update
from drydock.controllers.ownership import claim
from drydock.controllers.template import template_hash
from drydock.metadata import annotations, labels, reference
from drydock.resources import CONTROLLER_REVISIONS, Object, Resource

HASH = "controller-revision-hash"
"""The label by which a pod says which revision made it."""


@dataclass(frozen=True, slots=True)
class History:
    """All revisions, the oldest first. `latest` is the owner's template as it is now."""

    revisions: Sequence[Object]
    latest: Object
    collisions: int

    def named(self, name: str) -> Object | None:
        return next((each for each in self.revisions if each["metadata"]["name"] == name), None)


def template(revision: Object) -> Object:
    """The pod template that a revision remembers."""
    remembered = revision["data"]["spec"]["template"]
    return {key: value for key, value in remembered.items() if key != "$patch"}


def settled(
    resource: Resource, owner: Object, candidates: Sequence[Object]
) -> Generator[Change, Object, History | None]:
    """The owner's history with its present template as the newest; None if its members have just changed."""
    mine = yield from claim(resource, owner, CONTROLLER_REVISIONS, candidates)
    if mine is None:
        return None
    mine.sort(key=_order)
    collisions = (owner.get("status") or {}).get("collisionCount", 0)
    data = {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}
    newest = _order(mine[-1])[0] if mine else 0
    same = next((each for each in reversed(mine) if each.get("data") == data), None)
    if same is None:
        made, collisions = yield from _begin(resource, owner, data, newest + 1, collisions)
        return History([*mine, made], made, collisions)
    if same is not mine[-1]:  # a template of old is wanted again
        again = yield Update(CONTROLLER_REVISIONS, {**same, "revision": newest + 1})
        return History([*(each for each in mine if each is not same), again], again, collisions)
    return History(mine, same, collisions)


def _order(revision: Object) -> tuple[int, str]:
    return revision.get("revision", 0), revision["metadata"]["name"]


def _begin(
    resource: Resource, owner: Object, data: Object, number: int, collisions: int
) -> Generator[Change, Object, tuple[Object, int]]:
    while True:
        wanted = _revision(resource, owner, data, number, collisions)
        try:
            made = yield Create(CONTROLLER_REVISIONS, wanted)
        except NameTaken:  # the next hash is another one
            collisions += 1
        else:
            return made, collisions


def _revision(
    resource: Resource, owner: Object, data: Object, number: int, collisions: int
) -> Object:
    metadata, its_template = owner["metadata"], owner["spec"]["template"]
    digest = template_hash(its_template, collisions)
    made: dict[str, Any] = {
        "name": f"{metadata['name']}-{digest}",
        "namespace": metadata["namespace"],
        "labels": {**((its_template.get("metadata") or {}).get("labels") or {}), HASH: digest},
        "ownerReferences": [reference(resource, owner)],
    }
    if annotations(owner):
        made["annotations"] = annotations(owner)
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": made,
        "data": data,
        "revision": number,
    }


def forget(owner: Object, history: History, in_use: Collection[str]) -> Reconcile:
    """Let go of what nobody asked to keep. `in_use` are names, or the hashes in the pods' labels."""
    idle = [
        each
        for each in history.revisions
        if each is not history.latest
        and each["metadata"]["name"] not in in_use
        and labels(each).get(HASH) not in in_use
    ]
    limit = owner["spec"].get("revisionHistoryLimit", 10)
    for each in idle[: max(0, len(idle) - limit)]:
        yield Delete(CONTROLLER_REVISIONS, each)
