"""What is wrong with an object, field by field, in the API server's words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from drydock.resources import Object, Resource


@dataclass(frozen=True, slots=True)
class FieldCause:
    field: str
    reason: str
    message: str


class Invalid(Exception):
    """The API server's 422."""

    def __init__(self, causes: tuple[FieldCause, ...]) -> None:
        super().__init__("; ".join(f"{cause.field}: {cause.message}" for cause in causes))
        self.causes = causes


class Denied(Exception):
    """The API server's 403: the object is sound, but the cluster or its namespace has no place for it."""

    def __init__(self, resource: Resource, obj: Object, why: str) -> None:
        self.resource = resource
        self.name: str = obj["metadata"].get("name", "")
        super().__init__(f'{resource.qualified} "{self.name}" is forbidden: {why}')


def invalid(field: str, value: Any, why: str) -> FieldCause:
    return FieldCause(field, "FieldValueInvalid", f"Invalid value: {_json(value)}: {why}")


def required(field: str, why: str = "") -> FieldCause:
    return FieldCause(field, "FieldValueRequired", "Required value" + (f": {why}" if why else ""))


def duplicate(field: str, value: Any) -> FieldCause:
    return FieldCause(field, "FieldValueDuplicate", f"Duplicate value: {_json(value)}")


def not_found(field: str, value: Any) -> FieldCause:
    return FieldCause(field, "FieldValueNotFound", f"Not found: {_json(value)}")


def forbidden(field: str, why: str) -> FieldCause:
    return FieldCause(field, "FieldValueForbidden", f"Forbidden: {why}")


def not_supported(field: str, value: Any, known: Iterable[str]) -> FieldCause:
    values = ", ".join(f'"{each}"' for each in known)
    message = f"Unsupported value: {_json(value)}: supported values: {values}"
    return FieldCause(field, "FieldValueNotSupported", message)


def _json(value: Any) -> str:
    return json.dumps(_ordered(value), separators=(",", ":"), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    """Go writes the keys of a map in order; what holds texts only is one."""
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _ordered(item) for key, item in value.items()}
    texts = all(isinstance(item, str) for item in inner.values())
    return dict(sorted(inner.items())) if texts else inner
