"""What an object's metadata says: its place, its labels, its owners, its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from drydock.resources import Object, Resource


def key_of(obj: Object) -> tuple[str, str]:
    """Namespace, empty for cluster-scoped kinds, and name."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def labels(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("annotations") or {}


def deleting(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def references(obj: Object) -> Sequence[Object]:
    """To its owners."""
    return obj["metadata"].get("ownerReferences") or ()


def controller(obj: Object) -> Object | None:
    """The reference to the one owner that manages it."""
    return next((each for each in references(obj) if each.get("controller")), None)


def reference(resource: Resource, owner: Object) -> dict[str, Any]:
    """The reference a controller puts into what it makes."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
