"""Rules that many kinds share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from drydock.admission import names
from drydock.admission.invalid import FieldCause, invalid, not_supported, required

Causes = Iterator[FieldCause]
Json = Mapping[str, Any]

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")


def named(check: Callable[[str], names.Problems], value: str, path: str) -> Causes:
    for problem in check(value):
        yield invalid(path, value, problem)


def required_name(check: Callable[[str], names.Problems], obj: Json, path: str) -> Causes:
    if obj.get("name"):
        yield from named(check, obj["name"], f"{path}.name")
    else:
        yield required(f"{path}.name")


def one_of(value: Any, known: Sequence[str], path: str) -> Causes:
    if value not in known:
        yield not_supported(path, value, known)


def not_negative(obj: Json, path: str, *fields: str) -> Causes:
    for field in fields:
        if obj.get(field) is not None and obj[field] < 0:
            yield invalid(f"{path}.{field}", obj[field], "must be greater than or equal to 0")


def labels(values: Mapping[str, str], path: str) -> Causes:
    for key, value in values.items():
        yield from named(names.qualified_name, key, path)
        yield from named(names.label_value, value, path)


def selector(value: Json, path: str) -> Causes:
    yield from labels(value.get("matchLabels", {}), f"{path}.matchLabels")
    for index, term in enumerate(value.get("matchExpressions", [])):
        at = f"{path}.matchExpressions[{index}]"
        operator = term.get("operator", "")
        if operator not in _OPERATORS:
            yield invalid(f"{at}.operator", operator, "not a valid selector operator")
        elif operator in {"In", "NotIn"} and not term.get("values"):
            yield required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        yield from named(names.qualified_name, term.get("key", ""), f"{at}.key")


def port(value: Any, path: str) -> Causes:
    """A port's number, or the name of one."""
    problems = names.port_name(value) if isinstance(value, str) else names.port_number(value)
    for problem in problems:
        yield invalid(path, value, problem)


def count_or_percent(obj: Json, path: str, *fields: str) -> Causes:
    for field in fields:
        value = obj.get(field)
        at = f"{path}.{field}"
        if isinstance(value, str):
            yield from named(names.percent, value, at)
            if value.removesuffix("%").isdigit() and int(value.removesuffix("%")) > 100:
                yield invalid(at, value, "must not be greater than 100%")
        elif value is not None and value < 0:
            yield invalid(at, value, "must be greater than or equal to 0")


def immutable(obj: Json, before: Json, path: str, *fields: str) -> Causes:
    for field in fields:
        if obj.get(field) != before.get(field):
            yield invalid(f"{path}.{field}".lstrip("."), obj.get(field), "field is immutable")
