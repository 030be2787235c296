"""What is wrong with an object, field by field, in the API server's words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


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
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
