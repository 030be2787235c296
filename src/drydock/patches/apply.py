"""Server-side apply, and the owners that every other write leaves behind.

Source: the Kubernetes documentation "Server-Side Apply" and structured-merge-diff v6, whose answers it gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from drydock.patches.field_merge import merge_fields, prune_fields
from drydock.patches.field_sets import Difference, Path, Paths, compare, describe, leaves
from drydock.patches.managed_fields import (
    Identity,
    Owner,
    Owners,
    is_reset,
    ownable,
    owners_of,
    with_owners,
)
from drydock.patches.merge_keys import kind_of
from drydock.patches.typed_patch import check_typed
from drydock.resources import Object

_BEFORE_FIRST_APPLY: Final = "before-first-apply"


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that somebody else owns with another value."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    field: str

    @property
    def message(self) -> str:
        """`conflict with "helm"`, `conflict with "kubectl-edit" using apps/v1`."""
        return f"conflict with {self.owner}"

    @property
    def owner(self) -> str:
        part = f' with subresource "{self.subresource}"' if self.subresource else ""
        version = f" using {self.api_version}" if self.operation == "Update" else ""
        return f'"{self.manager}"{part}{version}'


class ApplyConflict(Exception):
    """Others own fields that this apply would change; its message is the API server's."""

    def __init__(self, causes: tuple[Cause, ...]) -> None:
        self.causes = causes
        if len(causes) == 1:
            found = f"1 conflict: {causes[0].message}: {causes[0].field}"
        else:
            found = f"{len(causes)} conflicts: " + "\n".join(_by_owner(causes))
        self.message = f"Apply failed with {found}"
        super().__init__(self.message)


def _by_owner(causes: tuple[Cause, ...]) -> Iterator[str]:
    for owner in dict.fromkeys(cause.owner for cause in causes):
        fields = (cause.field for cause in causes if cause.owner == owner)
        yield f"conflicts with {owner}:" + "".join(f"\n- {field}" for field in fields)


def track(
    before: Object | None, after: Object, *, manager: str, now: str, subresource: str = ""
) -> Object:
    """`after` with its owners, where somebody created or updated it without applying.

    A client's own managedFields are honoured, an empty list makes the object one without owners.
    """
    sent = {} if subresource else owners_of(after)
    forget = is_reset(after) and not subresource
    owners = {} if forget else sent or owners_of(before)
    if before is not None and not owners:
        return with_owners(after, ())
    writer = Owner(manager, "Update", str(after.get("apiVersion")), subresource, frozenset(), now)
    return with_owners(after, _updated(owners, before or {}, after, writer).values())


def _updated(owners: Owners, before: Object, after: Object, writer: Owner) -> Owners:
    changes = _changes(before, after, writer.subresource)
    left = _left_to(owners, changes)
    if not changes.touched:
        return left
    known = left.get(writer.identity, writer)
    return {**left, writer.identity: replace(writer, fields=changes.touched | known.fields)}


def _left_to(owners: Owners, changes: Difference) -> Owners:
    """What owners still own after somebody else's changes."""
    return {
        identity: replace(owner, fields=owner.fields - changes.touched - changes.removed)
        for identity, owner in owners.items()
    }


def _changes(before: Object, after: Object, subresource: str) -> Difference:
    changes = compare(before, after, kind_of(after))
    return Difference(
        added=ownable(changes.added, subresource),
        modified=ownable(changes.modified, subresource),
        removed=ownable(changes.removed, subresource),
    )


def apply(
    live: Object | None,
    wanted: Object,
    *,
    manager: str,
    force: bool,
    now: str,
    subresource: str = "",
) -> Object:
    """What the object becomes when `manager` applies `wanted`. Raises ApplyConflict, and PatchError on a bad `wanted`."""
    check_typed(wanted)
    config = _config(wanted, subresource)
    kind = kind_of(wanted)
    owners = owners_of(live) or _first_owners(live, subresource)
    fields = frozenset(leaves(config, kind))
    applier = Owner(
        manager,
        "Apply",
        str(wanted.get("apiVersion")),
        subresource,
        ownable(fields, subresource),
        now,
    )
    last = owners.get(applier.identity)
    others = {identity: owner for identity, owner in owners.items() if identity != applier.identity}
    merged: Object = merge_fields(live or {}, _without_nulls(config), kind)
    if last and not last.fields <= fields:
        owned = fields.union(*(owner.fields for owner in others.values()))
        merged = prune_fields(merged, last.fields, owned, kind)
    changes = _changes(live or {}, merged, subresource)
    if not force and (causes := tuple(_conflicts(others, changes.touched))):
        raise ApplyConflict(causes)
    return with_owners(merged, [*_left_to(others, changes).values(), applier])


def _config(wanted: Object, subresource: str) -> Object:
    """`wanted` without the part that this endpoint does not write."""
    other = "spec" if subresource == "status" else "status"
    return {key: value for key, value in wanted.items() if key != other}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _first_owners(live: Object | None, subresource: str) -> dict[Identity, Owner]:
    """Who owns an object that nobody tracked: one name for all that was there before."""
    if live is None:
        return {}
    changes = _changes({}, live, subresource)
    owner = Owner(_BEFORE_FIRST_APPLY, "Update", str(live.get("apiVersion")), "", changes.added)
    return {owner.identity: owner}


def _conflicts(others: Owners, touched: Paths) -> Iterator[Cause]:
    for owner in sorted(others.values(), key=lambda owner: owner.identity):
        for path in sorted(owner.fields & touched, key=_members_first):
            yield Cause(
                owner.manager,
                owner.operation,
                owner.api_version,
                owner.subresource,
                describe(path),
            )


def _members_first(path: Path) -> list[tuple[bool, str]]:
    """The API server's order of fields: at each level those that end there come first."""
    return [(step < len(path), word) for step, word in enumerate(path, 1)]
