r"""Bodies in Kubernetes' protobuf, as objects.

Source: protobuf's wire format; the envelope is `k8s\0` and a runtime.Unknown, as the Kubernetes documentation's
"API Concepts" describes it. Unknown field numbers are skipped.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from drydock.resources import Object
from drydock.schema import Field, Message, kind, message

MAGIC: Final = b"k8s\x00"
_NUMBERS: Final = ("int32", "int64")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadBody(Exception):
    """The body is no protobuf of a kind that we know."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def is_protobuf(body: bytes) -> bool:
    return body.startswith(MAGIC)


def decode(body: bytes) -> Object:
    if not is_protobuf(body):
        raise BadBody("the body does not begin with Kubernetes' protobuf magic number")
    envelope = dict(_wire(body[len(MAGIC) :]))
    type_meta = dict(_wire(_chunk(envelope.get(1, b""))))
    api_version, name = _text(type_meta.get(1, b"")), _text(type_meta.get(2, b""))
    found = kind(name)
    if found is None:
        raise BadBody(f"no protobuf schema for {api_version or '?'}, Kind={name or '?'}")
    if _text(envelope.get(3, b"")):
        raise BadBody("an encoded protobuf body is not supported")
    content = _message(_chunk(envelope.get(2, b"")), found)
    return {"apiVersion": api_version, "kind": name, **content}


def _wire(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers with their raw values, in the order sent."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, at = _varint(data, at)
            case 5:
                size = 4
            case other:
                raise BadBody(f"wire type {other} at byte {at}")
        if at + size > len(data):
            raise BadBody("the body ends within a field")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise BadBody("the body ends within a number")


def _message(data: bytes, schema: Message) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for number, raw in _wire(data):
        field = schema.by_number.get(number)
        if field is None:
            continue
        if field.name == "+":
            content |= _message(_chunk(raw), _schema(field))
        elif field.keyed:
            entry = dict(_wire(_chunk(raw)))
            key = _text(entry.get(1, b""))
            content.setdefault(field.name, {})[key] = _value(entry.get(2, b""), field)
        elif field.repeated:
            content.setdefault(field.name, []).extend(_items(raw, field))
        else:
            content[field.name] = _value(raw, field)
    return {
        name: value
        for name, value in content.items()
        if value is not None and (value or not schema.by_name[name].omit_empty)
    }


def _items(raw: int | bytes, field: Field) -> Iterator[Any]:
    """One item, or a packed run of numbers."""
    if field.type not in _NUMBERS or isinstance(raw, int):
        yield _value(raw, field)
        return
    at = 0
    while at < len(raw):
        number, at = _varint(raw, at)
        yield _int(number)


def _value(raw: int | bytes, field: Field) -> Any:
    scalar = _SCALARS.get(field.type)
    return scalar(raw) if scalar else _message(_chunk(raw), _schema(field))


def _schema(field: Field) -> Message:
    found = message(field.type)
    if found is None:
        raise BadBody(f"no protobuf schema for {field.type}")
    return found


def _chunk(raw: int | bytes) -> bytes:
    if isinstance(raw, int):
        raise BadBody("a number stands where a message or a string belongs")
    return raw


def _int(raw: int | bytes) -> int:
    """Negative numbers travel as 64 bits of two's complement."""
    if isinstance(raw, bytes):
        raise BadBody("bytes stand where a number belongs")
    return raw - (1 << 64) if raw >= 1 << 63 else raw


def _text(raw: int | bytes) -> str:
    try:
        return _chunk(raw).decode()
    except UnicodeDecodeError as error:
        raise BadBody("a string is not UTF-8") from error


def _base64(raw: int | bytes) -> str:
    return base64.b64encode(_chunk(raw)).decode()


def _instant(raw: int | bytes) -> tuple[datetime, int] | None:
    """Seconds and nanoseconds; None is Go's zero time, which is sent as an empty message."""
    parts = dict(_wire(_chunk(raw)))
    if not parts:
        return None
    try:
        return _EPOCH + timedelta(seconds=_int(parts.get(1, 0))), _int(parts.get(2, 0))
    except OverflowError as error:
        raise BadBody("a time lies outside the calendar") from error


def _time(raw: int | bytes) -> str | None:
    instant = _instant(raw)
    return f"{instant[0]:%Y-%m-%dT%H:%M:%SZ}" if instant else None


def _microtime(raw: int | bytes) -> str | None:
    instant = _instant(raw)
    return f"{instant[0]:%Y-%m-%dT%H:%M:%S}.{instant[1] // 1000:06d}Z" if instant else None


def _quantity(raw: int | bytes) -> str:
    return _text(dict(_wire(_chunk(raw))).get(1, b""))


def _int_or_string(raw: int | bytes) -> int | str:
    parts = dict(_wire(_chunk(raw)))
    return _text(parts.get(3, b"")) if parts.get(1) == 1 else _int(parts.get(2, 0))


def _json(raw: int | bytes) -> Any:
    parts = dict(_wire(_chunk(raw)))
    try:
        return json.loads(_chunk(parts.get(1, b"null")))
    except ValueError as error:
        raise BadBody("a field that holds JSON does not parse") from error


def _strings(raw: int | bytes) -> list[str]:
    return [_text(value) for _number, value in _wire(_chunk(raw))]


_SCALARS: Final[Mapping[str, Callable[[int | bytes], Any]]] = {
    "string": _text,
    "int32": _int,
    "int64": _int,
    "bool": lambda raw: _int(raw) != 0,
    "bytes": _base64,
    "time": _time,
    "microtime": _microtime,
    "quantity": _quantity,
    "intstr": _int_or_string,
    "json": _json,
    "strings": _strings,
}
