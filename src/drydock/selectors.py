"""Label selectors as objects carry them: `matchLabels` and `matchExpressions`."""

from collections.abc import Mapping
from typing import Any

Selector = Mapping[str, Any]
Labels = Mapping[str, str]


def matches(selector: Selector | None, labels: Labels) -> bool:
    """None selects nothing, an empty selector everything."""
    if selector is None:
        return False
    return has(selector.get("matchLabels") or {}, labels) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def has(wanted: Labels, labels: Labels) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def spelled(selector: Selector) -> str:
    """As text: `app=web,tier in (a,b)`."""
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], ",".join(sorted(expression.get("values") or ()))
        spelt = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        terms.append(spelt[expression["operator"]])
    return ",".join(terms)
