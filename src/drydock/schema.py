"""What the API knows about its kinds: their fields, by name and by protobuf number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from drydock.messages import MESSAGES

_FIELD: Final = re.compile(r"(\d+) ([\w+]+)(\??)(?: ([\[{]?)([\w.]*)[\]}]?)?")


@dataclass(frozen=True, slots=True)
class Field:
    number: int
    name: str  # "+": the message's fields stand in the place of this one
    type: str  # a message's name, or a scalar: string, int32, time, quantity, …
    repeated: bool = False
    keyed: bool = False  # a map from strings
    omit_empty: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    by_number: Mapping[int, Field]
    by_name: Mapping[str, Field]  # embedded messages' fields among its own


@cache
def message(name: str) -> Message | None:
    line = _lines().get(name)
    if line is None:
        return None
    fields = [_field(*match.groups()) for match in map(_FIELD.fullmatch, line.split(", ")) if match]
    by_name: dict[str, Field] = {}
    for field in fields:
        embedded = message(field.type) if field.name == "+" else None
        by_name |= embedded.by_name if embedded else {field.name: field}
    return Message(name, {field.number: field for field in fields}, by_name)


def kind(name: str) -> Message | None:
    """The message of a kind that can be sent to the API by itself."""
    found = message(name)
    return found if found and ("metadata" in found.by_name or name.endswith("Options")) else None


def _field(number: str, name: str, omit: str, bracket: str | None, type_: str | None) -> Field:
    return Field(
        number=int(number),
        name=name,
        type=type_ or "string",
        repeated=bracket == "[",
        keyed=bracket == "{",
        omit_empty=bool(omit),
    )


@cache
def _lines() -> Mapping[str, str]:
    return dict(line.split(": ", 1) for line in MESSAGES.splitlines())
