"""JSON patch: a list of operations, one after the other. Source: RFC 6902, and RFC 6901 for the pointers."""

from collections.abc import Mapping, Sequence
from typing import Any

from drydock.patches.equality import same_json
from drydock.patches.patch_error import PatchError
from drydock.resources import Object


def json_patch(obj: Object, operations: Sequence[Mapping[str, Any]]) -> Object:
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations")
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
            return _write(document, path, _value(operation), pointer, name)
        case "replace":
            _read(document, path, pointer, name)
            return _write(document, path, _value(operation), pointer, name)
        case "remove":
            return _remove(document, path, pointer, name)
        case "copy":
            source = _text(operation, "from")
            value = _read(document, _segments(source), source, name)
            return _write(document, path, value, pointer, name)
        case "move":
            source = _text(operation, "from")
            if pointer.startswith(f"{source}/"):
                raise PatchError(f"move operation cannot put {source} into itself")
            value = _read(document, _segments(source), source, name)
            without = _remove(document, _segments(source), source, name)
            return _write(without, path, value, pointer, name)
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


def _write(document: Any, path: Sequence[str], value: Any, pointer: str, operation: str) -> Any:
    """`document` with `value` there. Into an array it is inserted, except by replace."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(document, Mapping):
        if rest and head not in document:
            raise _missing(operation, pointer)
        return {**document, head: _write(document.get(head), rest, value, pointer, operation)}
    if isinstance(document, list):
        end = len(document)
        at = end if head == "-" and not rest else _index(head, end + (not rest))
        if at is None:
            raise _missing(operation, pointer)
        if rest or operation == "replace":
            changed = _write(document[at], rest, value, pointer, operation)
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
