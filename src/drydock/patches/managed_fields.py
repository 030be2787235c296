"""metadata.managedFields as values: who owns which fields of an object."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from drydock.patches.equality import same_json
from drydock.patches.field_sets import Paths, fields_v1, paths_of
from drydock.resources import Object

Identity = tuple[str, str, str, str]

_METADATA: Final = ("f:metadata",)
_UNOWNED: Final = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        _METADATA,
        *(
            (*_METADATA, f"f:{field}")
            for field in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "clusterName",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Owner:
    """One entry of managedFields."""

    manager: str
    operation: str  # Apply or Update
    api_version: str
    subresource: str
    fields: Paths
    time: str | None = None

    @property
    def identity(self) -> Identity:
        """Who an entry belongs to: an applier stays the same one across API versions."""
        version = "" if self.operation == "Apply" else self.api_version
        return (self.manager, self.operation, version, self.subresource)


Owners = Mapping[Identity, Owner]


def owners_of(obj: Object | None) -> dict[Identity, Owner]:
    """The owners that an object names; none at all where one of the entries makes no sense."""
    entries = ((obj or {}).get("metadata") or {}).get("managedFields") or []
    try:
        owners = [_decode(entry) for entry in entries]
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return {owner.identity: owner for owner in owners}


def _decode(entry: Mapping[str, Any]) -> Owner:
    if entry["operation"] not in {"Apply", "Update"} or entry["fieldsType"] != "FieldsV1":
        raise ValueError(entry)
    return Owner(
        manager=entry.get("manager", ""),
        operation=entry["operation"],
        api_version=entry["apiVersion"],
        subresource=entry.get("subresource", ""),
        fields=paths_of(entry.get("fieldsV1") or {}),
        time=entry.get("time"),
    )


def is_reset(obj: Object) -> bool:
    """Whether a client asks to forget all owners: it sends an empty list, or one empty entry."""
    sent = (obj.get("metadata") or {}).get("managedFields")
    return sent in ([], [{}])


def with_owners(obj: Object, owners: Iterable[Owner]) -> Object:
    """The object with these entries, appliers first, the older before the newer; owners of nothing are left out."""
    entries = [_encode(owner) for owner in sorted(owners, key=_order) if owner.fields]
    metadata = {**(obj.get("metadata") or {}), "managedFields": entries}
    if not entries:
        del metadata["managedFields"]
    return {**obj, "metadata": metadata}


def _order(owner: Owner) -> tuple[str, ...]:
    time = owner.time or ""
    return (owner.operation, time, owner.manager, owner.api_version, owner.subresource)


def _encode(owner: Owner) -> dict[str, Any]:
    entry = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": owner.api_version,
        "time": owner.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_v1(owner.fields),
        "subresource": owner.subresource,
    }
    return {key: value for key, value in entry.items() if value}


def settled(before: Object, after: Object) -> Object:
    """`before` itself where `after` differs in nothing but the times of its owners.

    Such a difference is left when what a client applies is spelled otherwise than it is stored (`1000m`, `1`).
    """
    same = same_json(_without_owners(before), _without_owners(after))
    return before if same and _timeless(before) == _timeless(after) else after


def _timeless(obj: Object) -> Owners:
    return {identity: replace(owner, time=None) for identity, owner in owners_of(obj).items()}


def _without_owners(obj: Object) -> Object:
    metadata = obj.get("metadata") or {}
    return {**obj, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def ownable(paths: Paths, subresource: str) -> Paths:
    """Without what nobody owns: identity, bookkeeping, and the part that a write to this endpoint cannot change."""
    ignored = "f:spec" if subresource == "status" else "f:status"
    return frozenset(path for path in paths if path[0] != ignored) - _UNOWNED
