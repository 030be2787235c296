"""Patches as pure functions: JSON patch (RFC 6902), JSON merge patch (RFC 7386), strategic merge patch.

What comes back may share parts with what went in, and nothing that went in is changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from drydock.api.equality import same_json
from drydock.api.merge_keys import Place, is_set, kind_of, merge_keys
from drydock.store import Object


class PatchError(Exception):
    """The patch is malformed, or does not fit the object."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ---- JSON patch


def json_patch(obj: Object, operations: Sequence[Mapping[str, Any]]) -> Object:
    document: Any = obj
    for operation in operations:
        document = _perform(document, operation)
    if not isinstance(document, Mapping):
        raise PatchError("the patched document is not an object")
    return document


def _perform(document: Any, operation: Mapping[str, Any]) -> Any:
    if not isinstance(operation, Mapping):
        raise PatchError("each operation of a JSON patch is an object")
    name = operation.get("op")
    pointer = _text(operation, "path")
    path = _segments(pointer)
    match name:
        case "test":
            if not same_json(_read(document, path, pointer, name), operation.get("value")):
                raise PatchError(f"testing value {pointer} failed: test failed")
            return document
        case "add":
            return _write(document, path, _value(operation), name)
        case "replace":
            _read(document, path, pointer, name)
            return _write(document, path, _value(operation), name)
        case "remove":
            return _remove(document, path, pointer, name)
        case "copy":
            source = _text(operation, "from")
            return _write(document, path, _read(document, _segments(source), source, name), name)
        case "move":
            source = _text(operation, "from")
            if pointer.startswith(f"{source}/"):
                raise PatchError(f"move operation cannot put {source} into itself")
            value = _read(document, _segments(source), source, name)
            without = _remove(document, _segments(source), source, name)
            return _write(without, path, value, name)
        case _:
            raise PatchError(f"Unexpected kind: {name}")


def _text(operation: Mapping[str, Any], member: str) -> str:
    value = operation.get(member)
    if not isinstance(value, str):
        raise PatchError(f"{operation.get('op')} operation has no {member}")
    return value


def _value(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise PatchError(f"{operation['op']} operation has no value")
    return operation["value"]


def _segments(pointer: str) -> list[str]:
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise PatchError(f"{pointer!r} is not a JSON pointer: it begins with a slash or is empty")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _missing(operation: str, pointer: str) -> PatchError:
    return PatchError(
        f"{operation} operation does not apply: doc is missing path: {pointer}: missing value"
    )


def _read(document: Any, path: Sequence[str], pointer: str, operation: str) -> Any:
    for part in path:
        if isinstance(document, Mapping) and part in document:
            document = document[part]
        elif isinstance(document, list) and _index(part, len(document)) is not None:
            document = document[int(part)]
        else:
            raise _missing(operation, pointer)
    return document


def _index(part: str, length: int) -> int | None:
    """RFC 6901: digits without a leading zero, inside the array."""
    if not (part.isascii() and part.isdigit()) or (part[0] == "0" and part != "0"):
        return None
    return int(part) if int(part) < length else None


def _write(document: Any, path: Sequence[str], value: Any, operation: str) -> Any:
    """`document` with `value` there. Into an array it is inserted, except by replace."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    pointer = "/" + "/".join(path)
    if isinstance(document, Mapping):
        if rest and head not in document:
            raise _missing(operation, pointer)
        return {**document, head: _write(document.get(head), rest, value, operation)}
    if isinstance(document, list):
        end = len(document)
        at = end if head == "-" and not rest else _index(head, end + (not rest))
        if at is None:
            raise _missing(operation, pointer)
        if rest or operation == "replace":
            changed = _write(document[at], rest, value, operation)
            return [*document[:at], changed, *document[at + 1 :]]
        return [*document[:at], value, *document[at:]]
    raise _missing(operation, pointer)


def _remove(document: Any, path: Sequence[str], pointer: str, operation: str) -> Any:
    if not path:
        raise PatchError(f"{operation} operation cannot take the whole document away")
    _read(document, path, pointer, operation)
    head, rest = path[0], path[1:]
    if isinstance(document, Mapping):
        kept = {key: value for key, value in document.items() if key != head}
        return (
            {**document, head: _remove(document[head], rest, pointer, operation)} if rest else kept
        )
    at = int(head)
    inner = [_remove(document[at], rest, pointer, operation)] if rest else []
    return [*document[:at], *inner, *document[at + 1 :]]


# ---- JSON merge patch


def merge(obj: Object, patch: Mapping[str, Any]) -> Object:
    if not isinstance(patch, Mapping):
        raise PatchError("a merge patch is an object")
    merged: Object = _merge(obj, patch)
    return merged


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


# ---- strategic merge patch

_DIRECTIVE: Final = "$patch"
_RETAIN: Final = "$retainKeys"
_ORDER: Final = "$setElementOrder/"
_DELETE: Final = "$deleteFromPrimitiveList/"

# patchStrategy "replace" on an object; everything else that is an object merges.
_REPLACED: Final[frozenset[Place]] = frozenset({("PodDisruptionBudget", "spec", "selector")})


def strategic(obj: Object, patch: Mapping[str, Any]) -> Object:
    """Kubernetes' strategic merge patch, with its directives.

    Source: the community document "Strategic Merge Patch", and the answers of apimachinery v0.36.
    """
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
    if removed := patch.get(_DELETE + field):
        current = [item for item in current or [] if item not in removed]
        merged[field] = current
    order = patch.get(_ORDER + field)
    if field not in patch:
        if order is not None and isinstance(current, list):
            merged[field] = _arrange(current, order, current, merge_keys(place)[:1])
        return
    value = patch[field]
    if value is None:
        merged.pop(field, None)
    elif isinstance(value, Mapping):
        replaced = place in _REPLACED or not isinstance(current, Mapping)
        merged[field] = _strategic({} if replaced else current or {}, value, place)
    elif isinstance(value, list):
        merged[field] = _merge_list(
            current if isinstance(current, list) else [], value, order, place
        )
    else:
        merged[field] = value


def _merge_list(current: list[Any], patch: list[Any], order: list[Any] | None, place: Place) -> Any:
    if is_set(place):
        union = list(dict.fromkeys([*current, *patch]))
        return _arrange(union, order or patch, current, ())
    key = merge_keys(place)[:1]
    if not key:
        return patch
    merged = _merge_items(current, patch, key[0], place)
    wanted = [item for item in patch if item.get(_DIRECTIVE) is None]
    return _arrange(merged, wanted if order is None else order, current, key)


def _merge_items(current: list[Any], patch: list[Any], key: str, place: Place) -> list[Any]:
    if any(not isinstance(item, Mapping) for item in patch):
        raise PatchError(f"the items of {place[-1]} are objects")
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        current = []
        patch = [item for item in patch if item.get(_DIRECTIVE) != "replace"]
    merged = list(current)
    for item in patch:
        if key not in item:
            raise PatchError(f"an item of {place[-1]} does not contain its merge key: {key}")
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
