"""Server-side apply, and the owners that every other write leaves behind.

Source: the Kubernetes documentation "Server-Side Apply" and structured-merge-diff v6, whose answers it gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from drydock.api.equality import same_json
from drydock.api.field_sets import (
    Difference,
    Path,
    Paths,
    compare,
    describe,
    items_by_path,
    leaves,
    listed,
    without,
)
from drydock.api.managed_fields import (
    Identity,
    Owner,
    Owners,
    is_reset,
    ownable,
    owners_of,
    with_owners,
)
from drydock.api.merge_keys import Place, is_atomic, kind_of
from drydock.api.patches import PatchError
from drydock.store import Object

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
    touched = changes.added | changes.modified
    taken = {
        identity: replace(owner, fields=owner.fields - touched - changes.removed)
        for identity, owner in owners.items()
    }
    if not touched:
        return taken
    known = taken.get(writer.identity)
    return {
        **taken,
        writer.identity: replace(writer, fields=touched | (known.fields if known else frozenset())),
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
    """What the object becomes when `manager` applies `wanted`. Raises ApplyConflict, and PatchError on a bad `wanted`.

    Where nothing changes, `live` itself comes back.
    """
    config = _config(wanted, subresource)
    kind = kind_of(wanted)
    owners = owners_of(live) or _first_owners(live, subresource)
    _check_duplicates(config, kind)
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
    merged: Object = _merge(live or {}, _without_nulls(config), kind)
    if last:
        owned = fields.union(*(owner.fields for owner in others.values()))
        merged = _prune(merged, last.fields, owned, kind)
    changes = _changes(live or {}, merged, subresource)
    touched = changes.added | changes.modified
    if not force and (causes := tuple(_conflicts(others, touched))):
        raise ApplyConflict(causes)
    after = {
        identity: replace(owner, fields=owner.fields - touched - changes.removed)
        for identity, owner in others.items()
    }
    if (
        live is not None
        and same_json(_content(live), _content(merged))
        and _same(owners, after, applier)
    ):
        return live
    return with_owners(merged, [*after.values(), applier])


def _config(wanted: Object, subresource: str) -> Object:
    """`wanted` without the part that this endpoint does not write."""
    if (wanted.get("metadata") or {}).get("managedFields"):
        raise PatchError("metadata.managedFields must be nil")
    other = "spec" if subresource == "status" else "status"
    return {key: value for key, value in wanted.items() if key != other}


def _check_duplicates(config: Object, kind: Place) -> None:
    errors = list(_duplicates(config, kind, ()))
    if errors:
        metadata, version = config.get("metadata") or {}, config.get("apiVersion", "")
        kind_name = f"{version if '/' in version else f'/{version}'}, Kind={kind[0]}"
        name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}; {kind_name}"
        found = errors[0] if len(errors) == 1 else "errors:" + "".join(f"\n  {e}" for e in errors)
        raise PatchError(f"failed to create typed patch object ({name}): {found}")


def _duplicates(value: Any, place: Place, path: Path) -> Iterator[str]:
    if isinstance(value, Mapping) and not is_atomic(place):
        for field, inner in value.items():
            yield from _duplicates(inner, (*place, field), (*path, f"f:{field}"))
    elif isinstance(value, list) and (items := items_by_path(value, place)) is not None:
        for word, item in items.items():
            if isinstance(item, tuple):
                error = f"{describe(path)}: duplicate entries for key {describe((word,))}"
                yield from [error] * (len(item) - 1)
            else:
                yield from _duplicates(item, place, (*path, word))


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


def _same(owners: Owners, after: Owners, applier: Owner) -> bool:
    known = owners.get(applier.identity)
    return (
        known is not None
        and known.fields == applier.fields
        and known.api_version == applier.api_version
        and all(owners[identity].fields == owner.fields for identity, owner in after.items())
    )


def _content(obj: Object) -> dict[str, Any]:
    metadata = {k: v for k, v in (obj.get("metadata") or {}).items() if k != "managedFields"}
    return {**obj, "metadata": metadata}


# ---- merging what is wanted into what is there


def _merge(live: Any, wanted: Any, place: Place) -> Any:
    if isinstance(live, Mapping) and isinstance(wanted, Mapping) and not is_atomic(place):
        below = {
            field: _merge(live[field], inner, (*place, field)) if field in live else inner
            for field, inner in wanted.items()
        }
        return {**live, **below}
    if isinstance(live, list) and isinstance(wanted, list):
        ours, theirs = items_by_path(live, place), items_by_path(wanted, place)
        if ours is not None and theirs is not None:
            return listed(_merge_items(ours, theirs, place))
    return wanted


def _merge_items(live: dict[str, Any], wanted: dict[str, Any], place: Place) -> Iterator[Any]:
    """Wanted items in their order; items that only `live` has keep their place between those that both have."""
    left = list(wanted)
    for word, item in live.items():
        if word not in wanted:
            yield item
        elif word == next((other for other in left if other in live), None):
            at = left.index(word) + 1
            for other in left[:at]:
                yield _merge_item(live, wanted, other, place)
            del left[:at]
    for other in left:
        yield _merge_item(live, wanted, other, place)


def _merge_item(live: dict[str, Any], wanted: dict[str, Any], word: str, place: Place) -> Any:
    return _merge(live[word], wanted[word], place) if word in live else wanted[word]


# ---- taking away what an applier no longer wants


def _prune(merged: Object, last: Paths, owned: Paths, kind: Place) -> Object:
    """`merged` less what the applier had and no longer wants, except what anybody owns or has put beside it."""
    there = _with_fields(frozenset(leaves(merged, kind)))
    had = _with_fields(last)
    bare = without(merged, had, kind)
    lost = there - _with_fields(frozenset(leaves(bare, kind))) - _with_fields(owned)
    kept = without(merged, lost, kind)
    dangling = (there - _with_fields(frozenset(leaves(kept, kind)))) & had
    pruned: Object = without(merged, dangling, kind)
    return pruned


def _with_fields(paths: Paths) -> Paths:
    """The paths with all named fields on the way to them."""
    above = {path[:end] for path in paths for end in range(1, len(path))}
    return paths | {path for path in above if path[-1].startswith("f:")}
