"""Whether what a client applies fits its kind: apply refuses what other writes only warn about, in words of its own.

Source: the answers of apimachinery v0.36 and structured-merge-diff v6.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drydock.patches.field_sets import Path, describe, items_by_path
from drydock.patches.merge_keys import Place, apply_keys, kind_of
from drydock.patches.patch_error import PatchError
from drydock.resources import Object
from drydock.schema import Field, Message, kind, message

_NUMBERS: Final = ("int32", "int64")
_ANY_SCALAR: Final = ("quantity", "intstr")


def check_typed(config: Object) -> None:
    """Raises PatchError: unknown fields, wrong types, items of a keyed list that share a key."""
    place = kind_of(config)
    schema = kind(place[0])
    if schema is None:
        raise PatchError(f"no kind {place[0]!r} is registered")
    body = {k: v for k, v in config.items() if k not in {"apiVersion", "kind"}}
    errors = list(_check_message(body, schema, place, ()))
    if errors:
        found = errors[0] if len(errors) == 1 else "errors:" + "".join(f"\n  {e}" for e in errors)
        raise PatchError(f"failed to create typed patch object ({_identity(config)}): {found}")


def _identity(config: Object) -> str:
    metadata, version = config.get("metadata") or {}, str(config.get("apiVersion", ""))
    name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    return f"{name}; {version if '/' in version else f'/{version}'}, Kind={config.get('kind', '')}"


def _check_message(value: Any, schema: Message, place: Place, path: Path) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{describe(path)}: expected map, got &{{{as_go(value)}}}"
        return
    for name, inner in sorted(value.items()):
        field, at = schema.by_name.get(name), (*path, f"f:{name}")
        if field is None:
            yield f"{describe(at)}: field not declared in schema"
        elif inner is not None and field.type != "json":
            yield from _check_field(inner, field, (*place, name), at)


def _check_field(value: Any, field: Field, place: Place, path: Path) -> Iterator[str]:
    if field.repeated:
        yield from _check_list(value, field, place, path)
    elif not field.keyed:
        yield from _check_item(value, field, place, path)
    elif not isinstance(value, Mapping):
        yield f"{describe(path)}: expected map, got &{{{as_go(value)}}}"
    else:
        for key, inner in sorted(value.items()):
            yield from _check_item(inner, field, (*place, key), (*path, f"f:{key}"))


def _check_list(value: Any, field: Field, place: Place, path: Path) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{describe(path)}: expected list, got &{{{as_go(value)}}}"
        return
    items = items_by_path(value, place)
    if items is None:
        for index, item in enumerate(value):
            if apply_keys(place) and not isinstance(item, Mapping):
                why = "associative list with keys may not have non-map elements"
                yield f"{describe(path)}: element {index}: {why}"
            else:
                yield from _check_item(item, field, place, (*path, f"i:{index}"))
        return
    for word, item in items.items():
        if isinstance(item, tuple):
            error = f"{describe(path)}: duplicate entries for key {describe((word,))}"
            yield from [error] * (len(item) - 1)
        else:
            yield from _check_item(item, field, place, (*path, word))


def _check_item(value: Any, field: Field, place: Place, path: Path) -> Iterator[str]:
    if value is None:
        return
    if schema := message(field.type):
        yield from _check_message(value, schema, place, path)
    elif field.type in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{describe(path)}: expected numeric (int or float), got {_go_type(value)}"
    elif field.type == "bool":
        if not isinstance(value, bool):
            yield f"{describe(path)}: expected boolean, got &{{{as_go(value)}}}"
    elif field.type in _ANY_SCALAR:
        if isinstance(value, (list, Mapping)):
            yield f"{describe(path)}: expected any scalar, got &{{{as_go(value)}}}"
    elif not isinstance(value, str):
        got = f"&value.valueUnstructured{{Value:{as_go(value)}}}"
        yield f"{describe(path)}: expected string, got {got}"


def as_go(value: Any) -> str:
    """A value as Go prints it."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return "[" + " ".join(map(as_go, value)) + "]"
        case dict():
            return "map[" + " ".join(f"{k}:{as_go(v)}" for k, v in sorted(value.items())) + "]"
        case None:
            return "<nil>"
        case _:
            return str(value)


def _go_type(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case list():
            return "[]interface {}"
        case _:
            return "map[string]interface {}"
