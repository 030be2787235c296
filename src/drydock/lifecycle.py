"""What a write makes of an object: its metadata, its status, its end. Pure; the store keeps the result."""

from datetime import datetime, timedelta
from typing import Any, Literal

from drydock.metadata import deleting
from drydock.pods import finished
from drydock.resources import NAMESPACES, PODS, Object, Resource
from drydock.timestamps import timestamp

Propagation = Literal["Background", "Foreground", "Orphan"]

SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # no vowels: a suffix spells no word

_COLLECTOR_FINALIZERS = {"Foreground": ("foregroundDeletion",), "Orphan": ("orphan",)}
_SERVER_OWNED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
)


def created(resource: Resource, obj: Object, *, now: datetime) -> Object:
    """Of an object that has its name and uid."""
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _SERVER_OWNED}
    metadata |= {"uid": obj["metadata"]["uid"], "creationTimestamp": timestamp(now)}
    if "spec" in obj:
        metadata["generation"] = 1
    return {**_named(resource, obj), "metadata": metadata}


def replaced(resource: Resource, stored: Object, obj: Object) -> Object:
    """What the main resource may change: all but the status and what the server owns."""
    old = stored["metadata"]
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _SERVER_OWNED}
    metadata |= {k: old[k] for k in _SERVER_OWNED if k in old}
    if "generation" in old and obj.get("spec") != stored.get("spec"):
        metadata["generation"] = old["generation"] + 1
    updated = {**_named(resource, obj), "metadata": metadata}
    if "status" in resource.subresources:
        updated.pop("status", None)
        if "status" in stored:
            updated["status"] = stored["status"]
    return updated


def with_status(stored: Object, obj: Object) -> Object:
    """What the status subresource may change: the status, and who owns its fields."""
    metadata = dict(stored["metadata"])
    if "managedFields" in obj["metadata"]:
        metadata["managedFields"] = obj["metadata"]["managedFields"]
    return {**stored, "metadata": metadata, "status": obj.get("status", {})}


def same(stored: Object, updated: Object) -> bool:
    """Equal but for the times in managedFields: a writer that changes nothing leaves no trace."""
    parts = {*stored, *updated} - {"metadata"}
    if any(stored.get(part) != updated.get(part) for part in parts):
        return False
    return stored["metadata"] == updated["metadata"] or _timeless(stored) == _timeless(updated)


def finalizers(obj: Object) -> tuple[str, ...]:
    """Who must let go before the object may end; a namespace names some in its spec."""
    spec = obj.get("spec", {}) if obj["kind"] == NAMESPACES.kind else {}
    return (*obj["metadata"].get("finalizers", ()), *spec.get("finalizers", ()))


def awaits_finalizers(obj: Object) -> bool:
    """Deleted, and no longer waiting for its node."""
    return deleting(obj) and not obj["metadata"].get("deletionGracePeriodSeconds")


def grace(resource: Resource, stored: Object, asked: int | None) -> int:
    """Seconds a deleted object may still live: a pod's own or what the deleter says, never more than before."""
    if resource != PODS or not stored.get("spec", {}).get("nodeName"):
        return 0
    if finished(stored):
        return 0
    own: int = stored["spec"].get("terminationGracePeriodSeconds", 30)
    wanted = own if asked is None else max(asked, 0)
    left: int = stored["metadata"].get("deletionGracePeriodSeconds", wanted)
    return min(wanted, left)


def marked(
    resource: Resource, stored: Object, *, seconds: int, propagation: Propagation, now: datetime
) -> Object:
    """The object once somebody has asked for its end, `seconds` from now."""
    metadata = dict(stored["metadata"])
    collectors = {name for names in _COLLECTOR_FINALIZERS.values() for name in names}
    waiting = [name for name in metadata.pop("finalizers", ()) if name not in collectors]
    waiting += _COLLECTOR_FINALIZERS.get(propagation, ())
    if waiting:
        metadata["finalizers"] = waiting
    if metadata.get("deletionGracePeriodSeconds") != seconds:
        if "generation" in metadata and "deletionTimestamp" not in metadata:
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = timestamp(now + timedelta(seconds=seconds))
        metadata["deletionGracePeriodSeconds"] = seconds
    obj = {**stored, "metadata": metadata}
    if resource == NAMESPACES:
        obj["status"] = {**stored.get("status", {}), "phase": "Terminating"}
    return obj


def _named(resource: Resource, obj: Object) -> dict[str, Any]:
    names = {"apiVersion": resource.api_version, "kind": resource.kind}
    return {**names, **obj, **names}


def _timeless(obj: Object) -> Object:
    metadata = dict(obj["metadata"])
    entries = metadata.pop("managedFields", ())
    return metadata | {"managed": [{**entry, "time": None} for entry in entries]}
