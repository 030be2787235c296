"""An object against its kind's schema: unknown fields, wrong types, and the form that is stored."""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from drydock import quantities
from drydock.resources import Object, Resource
from drydock.schema import Field, Message, kind, message
from drydock.timestamps import moment

_TYPE_META: Final = ("apiVersion", "kind")
_EMBEDDED_KIND: Final = "PersistentVolumeClaim"  # a StatefulSet's templates name their kind, too
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_BAD_QUANTITY: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_GO_TYPES: Final[Mapping[str, str]] = {
    "bytes": "[]uint8",
    "time": "string",
    "microtime": "string",
    "intstr": "int32",
    "quantity": "string",
}
_PYTHON_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "time": str,
    "microtime": str,
    "bytes": str,
    "bool": bool,
    "int32": int,
    "int64": int,
    "intstr": (int, str),
    "strings": list,
}


class Mistyped(Exception):
    """A value that its field cannot hold: the API server's 400, in Go's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ---- unknown fields


def unknown_fields(resource: Resource, obj: Object) -> tuple[str, ...]:
    """Paths such as `spec.template.spec.containers[0].imagee`."""
    schema = kind(resource.kind)
    if schema is None:
        return ()
    body = {name: value for name, value in obj.items() if name not in _TYPE_META}
    return tuple(_unknown(body, schema, ""))


def _unknown(value: Any, schema: Message, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        at = f"{path}.{name}" if path else name
        field = schema.by_name.get(name)
        if field is None:
            if not _names_kind(name, schema):
                yield at
        elif below := message(field.type):
            if isinstance(inner, list):
                for index, item in enumerate(inner):
                    yield from _unknown(item, below, f"{at}[{index}]")
            else:
                yield from _unknown(inner, below, at)


def _names_kind(name: str, schema: Message) -> bool:
    return schema.name == _EMBEDDED_KIND and name in _TYPE_META


# ---- the stored form


def conform(resource: Resource, obj: Object) -> dict[str, Any]:
    """A copy as the API stores it: known fields only, no nulls, nothing empty that the kind leaves out.

    Quantities become canonical. managedFields stay as sent, because an empty list means something there.
    Raises Mistyped.
    """
    schema = kind(resource.kind)
    if schema is None:
        raise Mistyped(f"no kind {resource.kind} is registered")
    body = {name: value for name, value in obj.items() if name not in _TYPE_META}
    whole = _message(body, schema, _Place(schema.name, ""))
    owners = (obj.get("metadata") or {}).get("managedFields") if "metadata" in whole else None
    if owners is not None:
        whole["metadata"]["managedFields"] = _copied(owners)
    return {"apiVersion": resource.api_version, "kind": resource.kind, **whole}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands, as Go's decoder names it."""

    struct: str
    path: str

    def field(self, struct: str, name: str) -> "_Place":
        return _Place(struct, f"{self.path}.{name}".lstrip("."))

    def wrong(self, value: Any, wanted: str) -> Mistyped:
        return Mistyped(
            f"json: cannot unmarshal {json_type(value)} into Go struct field "
            f"{self.struct}.{self.path} of type {wanted}"
        )


def _message(value: Any, schema: Message, place: _Place) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise place.wrong(value, f"v1.{schema.name}")
    known = {}
    for name, inner in value.items():
        field = schema.by_name.get(name)
        if field is not None and inner is not None:
            conformed = _field(inner, field, place.field(schema.name, name))
            if conformed or not _left_out_when_empty(field):
                known[name] = conformed
        elif field is None and _names_kind(name, schema):
            known[name] = inner
    return known


def _left_out_when_empty(field: Field) -> bool:
    """Go never leaves out a struct that is no pointer, whatever its tag says."""
    is_struct = not field.repeated and not field.keyed and message(field.type) is not None
    return field.omit_empty and not is_struct


def _field(value: Any, field: Field, place: _Place) -> Any:
    if field.repeated:
        if not isinstance(value, list):
            raise place.wrong(value, f"[]{_go_type(field)}")
        return [_item(item, field, place) for item in value]
    if field.keyed:
        if not isinstance(value, Mapping):
            raise place.wrong(value, f"map[string]{_go_type(field)}")
        return {key: _item(item, field, place) for key, item in value.items()}
    return _item(value, field, place)


def _item(value: Any, field: Field, place: _Place) -> Any:
    if schema := message(field.type):
        return _message({} if value is None else value, schema, place)
    if field.type == "json":
        return _copied(value)
    if field.type == "quantity":
        return _quantity(value)
    if value is None:  # an item of a list or map
        value = ""
    wanted = _PYTHON_TYPES[field.type]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise place.wrong(value, _go_type(field))
    if isinstance(value, int) and wanted is not bool and not _fits(value, field):
        raise place.wrong(float(value), _go_type(field))
    if field.type == "bytes":
        _check_base64(str(value))
    elif field.type in {"time", "microtime"}:
        _check_time(str(value))
    return value


def _fits(number: int, field: Field) -> bool:
    bits = 63 if field.type == "int64" else 31
    return -(1 << bits) <= number < 1 << bits


def _quantity(value: Any) -> str:
    """JSON numbers are quantities too."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with suppress(ValueError):
            return quantities.canonical(str(value))
    raise Mistyped(_BAD_QUANTITY)


def _check_base64(value: str) -> None:
    try:
        base64.b64decode(value, validate=True)
    except ValueError as error:
        stranger = _NOT_BASE64.search(value)
        at = stranger.start() if stranger else len(value) // 4 * 4
        raise Mistyped(f"illegal base64 data at input byte {at}") from error


def _check_time(value: str) -> None:
    if _TIME.fullmatch(value):
        with suppress(ValueError):
            moment(value)
            return
    raise Mistyped(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse it')


def _go_type(field: Field) -> str:
    if message(field.type):
        return f"v1.{field.type}"
    return _GO_TYPES.get(field.type, field.type)


def json_type(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "number"
        case float():
            return f"number {value}"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
