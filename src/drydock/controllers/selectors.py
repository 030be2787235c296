"""Label selectors as objects carry them: matchLabels and matchExpressions."""

from collections.abc import Mapping
from typing import Any

from drydock.store import Object


def labels(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def matches(selector: Mapping[str, Any] | None, obj: Object) -> bool:
    """None selects nothing, an empty selector everything."""
    if selector is None:
        return False
    have = labels(obj)
    return has(selector.get("matchLabels") or {}, obj) and all(
        _holds(expression, have) for expression in selector.get("matchExpressions") or ()
    )


def has(wanted: Mapping[str, str], obj: Object) -> bool:
    have = labels(obj)
    return all(have.get(key) == value for key, value in wanted.items())


def _holds(expression: Mapping[str, Any], have: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return have.get(key) in values
        case "NotIn":
            return have.get(key) not in values
        case "Exists":
            return key in have
        case _:
            return key not in have
