"""What must hold for every object's metadata."""

from collections.abc import Callable, Mapping
from typing import Final

from drydock.admission import names
from drydock.admission.invalid import invalid, required
from drydock.admission.rules import Causes, Json, immutable, labels, named
from drydock.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    JOBS,
    NAMESPACES,
    ROLE_BINDINGS,
    ROLES,
    SERVICES,
    STATEFUL_SETS,
    Object,
    Resource,
)

_NAMES: Final[Mapping[Resource, Callable[[str], names.Problems]]] = {
    NAMESPACES: names.dns_label,
    SERVICES: names.dns_label,
    STATEFUL_SETS: names.dns_label,
    ROLES: names.path_segment,
    ROLE_BINDINGS: names.path_segment,
    CLUSTER_ROLES: names.path_segment,
    CLUSTER_ROLE_BINDINGS: names.path_segment,
}
_MOST_ANNOTATIONS: Final = 256 * 1024
_STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_OWNER_FIELDS: Final = (
    ("apiVersion", "version must not be empty"),
    ("kind", "must not be empty"),
    ("name", "must not be empty"),
    ("uid", "must not be empty"),
)


def check_metadata(resource: Resource, obj: Object, before: Object | None) -> Causes:
    metadata: Json = obj["metadata"]
    yield from _check_name(resource, metadata)
    yield from labels(metadata.get("labels", {}), "metadata.labels")
    annotations = metadata.get("annotations", {})
    for key in annotations:
        yield from named(names.qualified_name, key.lower(), "metadata.annotations")
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > _MOST_ANNOTATIONS:
        yield invalid("metadata.annotations", "", f"may not be more than {_MOST_ANNOTATIONS} bytes")
    for index, finalizer in enumerate(metadata.get("finalizers", [])):
        yield from named(names.qualified_name, finalizer, "metadata.finalizers")
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(f"metadata.finalizers[{index}]", finalizer, why)
    for owner in metadata.get("ownerReferences", []):
        for field, why in _OWNER_FIELDS:
            if not owner.get(field):
                yield invalid(f"metadata.ownerReferences.{field}", "", why)
    if before is not None:
        sent = {"uid": before["metadata"].get("uid"), **metadata}
        yield from immutable(sent, before["metadata"], "metadata", "name", "namespace", "uid")


def _check_name(resource: Resource, metadata: Json) -> Causes:
    check = _NAMES.get(resource, names.dns_subdomain)
    if name := metadata.get("name"):
        yield from named(check, name, "metadata.name")
        if resource == JOBS and len(name) > 63:
            yield invalid("metadata.labels", name, "must be no more than 63 bytes")
    elif prefix := metadata.get("generateName"):
        yield from named(check, f"{prefix}x", "metadata.generateName")
    else:
        yield required("metadata.name", "name or generateName is required")
