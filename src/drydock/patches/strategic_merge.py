"""Kubernetes' strategic merge patch, with its directives.

Source: the community document "Strategic Merge Patch", and the answers of apimachinery v0.36.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drydock.patches.merge_keys import Place, is_set, kind_of, merge_keys
from drydock.patches.patch_error import PatchError
from drydock.resources import Object

_DIRECTIVE: Final = "$patch"
_RETAIN: Final = "$retainKeys"
_ORDER: Final = "$setElementOrder/"
_DELETE: Final = "$deleteFromPrimitiveList/"

# patchStrategy "replace" on an object; everything else that is an object merges.
_REPLACED: Final[frozenset[Place]] = frozenset({("PodDisruptionBudget", "spec", "selector")})


def strategic(obj: Object, patch: Mapping[str, Any]) -> Object:
    if not isinstance(patch, Mapping):
        raise PatchError("a strategic merge patch is an object")
    return _strategic(obj, patch, kind_of(obj))


def _strategic(target: Mapping[str, Any], patch: Mapping[str, Any], place: Place) -> dict[str, Any]:
    match patch.get(_DIRECTIVE):
        case None | "merge":
            pass
        case "replace":
            return {key: value for key, value in patch.items() if key != _DIRECTIVE}
        case "delete":
            return {}
        case unknown:
            raise PatchError(f"unknown $patch directive {unknown!r}")
    merged = dict(target)
    if _RETAIN in patch:
        merged = _retained(merged, patch)
    for field in _ordered_fields(patch):
        _merge_field(merged, field, patch, (*place, field))
    return merged


def _retained(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    keys = patch[_RETAIN]
    if not isinstance(keys, list):
        raise PatchError(f"{_RETAIN} is a list of field names")
    strangers = [key for key in patch if not key.startswith("$") and key not in keys]
    if strangers:
        raise PatchError(f"{_RETAIN} does not list {', '.join(strangers)}, which the patch sets")
    return {key: value for key, value in target.items() if key in keys}


def _ordered_fields(patch: Mapping[str, Any]) -> Iterator[str]:
    """The fields that a patch touches: in plain words, or only through a directive about them."""
    named = (
        key.removeprefix(_ORDER).removeprefix(_DELETE)
        for key in patch
        if key not in {_DIRECTIVE, _RETAIN}
    )
    yield from dict.fromkeys(named)


def _merge_field(
    merged: dict[str, Any], field: str, patch: Mapping[str, Any], place: Place
) -> None:
    current = merged.get(field)
    if isinstance(current, list):
        gone = patch.get(_DELETE + field) or []
        merged[field] = current = [item for item in current if item not in gone]
    order = patch.get(_ORDER + field)
    if order is not None and not isinstance(order, list):
        raise PatchError(f"{_ORDER}{field} is a list")
    if field not in patch:
        if order is not None and isinstance(current, list):
            merged[field] = _merge_list(current, [], order, place)
        return
    value = patch[field]
    if value is None:
        merged.pop(field, None)
    elif isinstance(value, Mapping):
        base = current if isinstance(current, Mapping) and place not in _REPLACED else {}
        merged[field] = _strategic(base, value, place)
    elif isinstance(value, list):
        merged[field] = _merge_list(
            current if isinstance(current, list) else [], value, order, place
        )
    else:
        merged[field] = value


def _merge_list(current: list[Any], patch: list[Any], order: list[Any] | None, place: Place) -> Any:
    key = merge_keys(place)[:1]
    if is_set(place):
        _check_items([*current, *patch, *(order or [])], None, place)
        union = list(dict.fromkeys([*current, *patch]))
        return _arrange(union, order or patch, current, ())
    if not key:
        return patch
    replaced = [item for item in patch if item != {_DIRECTIVE: "replace"}]
    _check_items([*current, *replaced, *(order or [])], key[0], place)
    merged = _merge_items(current, patch, key[0], place)
    wanted = [item for item in patch if item.get(_DIRECTIVE) is None]
    return _arrange(merged, wanted if order is None else order, current, key)


def _check_items(items: list[Any], key: str | None, place: Place) -> None:
    for item in items:
        if key and not isinstance(item, Mapping):
            raise PatchError(f"the items of {place[-1]} are objects")
        if key and key not in item:
            raise PatchError(f"an item of {place[-1]} does not contain its merge key: {key}")
        if isinstance(item[key] if key else item, (list, dict)):
            raise PatchError(f"the items of {place[-1]} are told apart by plain values")


def _merge_items(current: list[Any], patch: list[Any], key: str, place: Place) -> list[Any]:
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        current = []
        patch = [item for item in patch if item.get(_DIRECTIVE) != "replace"]
    merged = list(current)
    for item in patch:
        at = [index for index, known in enumerate(merged) if known.get(key) == item[key]]
        if item.get(_DIRECTIVE) == "delete":
            merged = [known for known in merged if known.get(key) != item[key]]
        elif at:
            merged[at[0]] = _strategic(merged[at[0]], item, place)
        else:
            merged.append(_strategic({}, item, place))
    return merged


def _arrange(
    items: list[Any], order: list[Any], before: list[Any], key: tuple[str, ...]
) -> list[Any]:
    """Items that the patch names in its order, the others in theirs.

    Between the two an item keeps its old side only if both were there before; otherwise the patch's comes first.
    """

    def name(item: Any) -> Any:
        return item.get(key[0]) if key and isinstance(item, Mapping) else item

    wanted = {name(item): index for index, item in enumerate(order)}
    was = {name(item): index for index, item in enumerate(before)}
    named = sorted((i for i in items if name(i) in wanted), key=lambda i: wanted[name(i)])
    others = [item for item in items if name(item) not in wanted]
    arranged: list[Any] = []
    while named and others:
        one, other = was.get(name(named[0])), was.get(name(others[0]))
        others_first = one is not None and other is not None and other < one
        arranged.append((others if others_first else named).pop(0))
    return arranged + named + others
