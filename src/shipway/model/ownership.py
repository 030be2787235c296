"""Who made which field of an object what it is, as `metadata.managedFields` tell.

Their form is FieldsV1 of structured-merge-diff: `f:` names a field, `k:` an item of a list by its keys, `v:` one by its
value, `.` the thing itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Fields = dict[str, Any]  # a FieldsV1
Path = tuple[str, ...]  # as a person reads it: spec, containers, [app], image

HELM = "helm"  # the field manager that helm 4 applies as
CONTROL_PLANE = frozenset(
    {
        "before-first-apply",  # what was there before anybody was tracked
        "cloud-controller-manager",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
    }
)
IDENTITIES = (
    *("name", "mountPath", "containerPort", "port", "topologyKey"),
    *("host", "path", "key", "type", "ip"),
)
NOTHING: Object = {
    "manager": HELM,
    "operation": "Apply",
    "fieldsType": "FieldsV1",
    "fieldsV1": {},
}  # what helm owns of an object that somebody made anew


@dataclass(frozen=True, slots=True)
class Owned:
    """A field, or an item of a list as a whole, and who put it there."""

    path: Path
    value: Any
    manager: str


def labels(items: Any) -> list[str] | None:
    """What tells the items of a list apart; None where nothing does, and it is one value."""
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in IDENTITIES:
        found = [str(item[key]) for item in items if key in item]
        if found and len(found) == len(items) == len(set(found)):
            return [f"[{label}]" for label in found]
    return None


def is_released(live: Object) -> bool:
    """Whether helm owns anything of it. If not, somebody made it anew, and all of it is theirs."""
    return any(entry.get("manager") == HELM for entry in _entries(live))


def added(obj: Object) -> Iterator[Owned]:
    """What people and programs added to what helm applied; a controller keeps its own house.

    A controller is who writes the object's status, or belongs to the control plane.
    """
    entries = _entries(obj)
    controllers = CONTROL_PLANE | {
        entry.get("manager") for entry in entries if entry.get("subresource") == "status"
    }
    ours = _union(entry["fieldsV1"] for entry in entries if entry.get("manager") == HELM)
    for entry in entries:
        if entry.get("manager") not in {HELM, *controllers}:
            for path, value in _beyond(entry["fieldsV1"], ours, obj, ()):
                yield Owned(path, value, entry["manager"])


def owners(obj: Object) -> dict[Path, str]:
    """By field: who made it what it is, where that was not helm."""
    return {
        path: entry["manager"]
        for entry in _entries(obj)
        if entry.get("manager") != HELM
        for path in _leaves(entry["fieldsV1"], obj, ())
    }


def reclaimed(obj: Object, paths: Iterable[Path]) -> list[Object]:
    """The object's managedFields with these fields in helm's hands alone: its next apply sets them right.

    What is in the manifest is set back without a conflict, what is not goes away. Nothing but ownership changes.
    """
    wanted = frozenset(paths)
    others, taken = [], []
    for entry in _entries(obj):
        if entry.get("manager") == HELM:
            continue
        kept, gone = _parted(entry["fieldsV1"], obj, (), wanted)
        taken.append(gone)
        if kept:
            others.append({**entry, "fieldsV1": kept})
    helms = [entry for entry in _entries(obj) if entry.get("manager") == HELM]
    applied = next((entry for entry in helms if entry.get("operation") == "Apply"), NOTHING)
    ours = {
        **applied,
        "apiVersion": obj["apiVersion"],
        "fieldsV1": _union([applied["fieldsV1"], *taken]),
    }
    return [ours, *(entry for entry in helms if entry is not applied), *others]


def _entries(obj: Object) -> list[Object]:
    return [
        entry
        for entry in obj["metadata"].get("managedFields") or []
        if entry.get("fieldsV1") and entry.get("manager")
    ]


def _beyond(
    fields: Fields, ours: Fields | None, value: Any, path: Path
) -> Iterator[tuple[Path, Any]]:
    """What is in `fields` and not in `ours`: single fields, but items of lists as a whole."""
    for step, below in fields.items():
        found, where = _down(value, step)
        if found is None:
            continue
        mine = None if ours is None else ours.get(step)
        if mine is None and (not step.startswith("f:") or not below):
            yield (*path, where), found
        else:
            yield from _beyond(below, mine, found, (*path, where))


def _leaves(fields: Fields, value: Any, path: Path) -> Iterator[Path]:
    for step, below in fields.items():
        found, where = _down(value, step)
        if found is None:
            continue
        if below:
            yield from _leaves(below, found, (*path, where))
        else:
            yield (*path, where)


def _parted(
    fields: Fields, value: Any, path: Path, wanted: frozenset[Path]
) -> tuple[Fields, Fields]:
    """What stays and what goes, where all at and below the wanted paths goes."""
    kept, gone = {}, {}
    for step, below in fields.items():
        found, where = _down(value, step)
        if (*path, where) in wanted:
            gone[step] = below
            continue
        stays, goes = _parted(below, found, (*path, where), wanted)
        if stays or not goes:
            kept[step] = stays
        if goes:
            gone[step] = goes
    return kept, gone


def _down(value: Any, step: str) -> tuple[Any, str]:
    """One step into an object: what is there, None for nothing, and how a person calls it."""
    kind, _, name = step.partition(":")
    if kind == "f":
        return (value.get(name) if isinstance(value, Mapping) else None), name
    if kind == "k" and isinstance(value, list):
        return _item(value, json.loads(name))
    if kind == "v" and isinstance(value, list) and json.loads(name) in value:
        return json.loads(name), f"[{json.loads(name)}]"
    return None, step


def _item(items: Sequence[Any], keys: Mapping[str, Any]) -> tuple[Any, str]:
    called = labels(items) or [f"[{index}]" for index in range(len(items))]
    for item, label in zip(items, called, strict=True):
        if isinstance(item, Mapping) and all(item.get(key) == keys[key] for key in keys):
            return item, label
    return None, ""


def _union(trees: Iterable[Fields]) -> Fields:
    found: Fields = {}
    for tree in trees:
        for step, below in tree.items():
            found[step] = _union([found.get(step, {}), below])
    return found
