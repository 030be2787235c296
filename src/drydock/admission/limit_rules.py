"""What must hold for limit ranges, resource quotas and the claims that they count."""

from collections.abc import Mapping
from typing import Final

from drydock import quantities
from drydock.admission.invalid import duplicate, forbidden, invalid, not_supported, required
from drydock.admission.rules import Causes, Json, one_of
from drydock.resources import Object

_TYPES: Final = ("Container", "Pod", "PersistentVolumeClaim")
_SCOPES: Final = (
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
)
_OPPOSITES: Final = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")
_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_ORDERED: Final = (
    # field, field that may not be less, and what both are called
    ("min", "max", "min value", "max value"),
    ("min", "defaultRequest", "min value", "default request value"),
    ("defaultRequest", "max", "default request value", "max value"),
    ("min", "default", "min value", "default value"),
    ("default", "max", "default value", "max value"),
    ("defaultRequest", "default", "default request value", "default limit value"),
)


def check_limit_range(limit_range: Object, _before: Object | None) -> Causes:
    seen: set[str] = set()
    for index, item in enumerate(limit_range.get("spec", {}).get("limits", [])):
        at = f"spec.limits[{index}]"
        kind = item.get("type", "")
        if kind not in _TYPES and "/" not in kind:
            why = "must be a standard limit type or fully qualified"
            yield invalid(f"{at}.type", kind, why)
        if kind in seen:
            yield duplicate(f"{at}.type", kind)
        seen.add(kind)
        yield from _check_item(item, at)


def _check_item(item: Json, path: str) -> Causes:
    kind = item.get("type")
    if kind == "Pod":
        for field in {"default", "defaultRequest"} & item.keys():
            yield forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
    if kind == "PersistentVolumeClaim" and "storage" not in {
        **_of(item, "min"),
        **_of(item, "max"),
    }:
        why = "either minimum or maximum storage value is required, but neither was provided"
        yield required(f"{path}.limits", why)
    yield from _check_order(item, path)
    for key, ratio in _of(item, "maxLimitRequestRatio").items():
        if quantities.parse(ratio) < 1:
            why = f"ratio {ratio} is less than 1"
            yield invalid(f"{path}.maxLimitRequestRatio[{key}]", ratio, why)


def _check_order(item: Json, path: str) -> Causes:
    for field, other, name, other_name in _ORDERED:
        for key, amount in _of(item, field).items():
            bound = _of(item, other).get(key)
            if bound is not None and quantities.parse(amount) > quantities.parse(bound):
                why = f"{name} {amount} is greater than {other_name} {bound}"
                yield invalid(f"{path}.{field}[{key}]", amount, why)


def _of(item: Json, field: str) -> Mapping[str, str]:
    amounts: Mapping[str, str] = item.get(field) or {}
    return amounts


def check_resource_quota(quota: Object, before: Object | None) -> Causes:
    spec = quota.get("spec", {})
    for name, amount in spec.get("hard", {}).items():
        value, at = quantities.parse(amount), f"spec.hard[{name}]"
        if value < 0:
            yield invalid(at, amount, "must be greater than or equal to 0")
        if value % 1 and (name.startswith("count/") or "." not in name) and name != "cpu":
            yield invalid(at, amount, "must be an integer")
    scopes = spec.get("scopes", [])
    for scope in scopes:
        if scope not in _SCOPES:
            yield invalid("spec.scopes", scopes, "unsupported scope")
    if any(pair <= set(scopes) for pair in _OPPOSITES):
        yield invalid("spec.scopes", scopes, "conflicting scopes")
    terms = spec.get("scopeSelector", {}).get("matchExpressions", [])
    for index, term in enumerate(terms):
        at = f"spec.scopeSelector.matchExpressions[{index}]"
        if term.get("scopeName") not in _SCOPES:
            yield invalid(f"{at}.scopeName", term.get("scopeName", ""), "unsupported scope")
        yield from one_of(term.get("operator", ""), _OPERATORS, f"{at}.operator")
    if before is not None and scopes != before.get("spec", {}).get("scopes", []):
        yield invalid("spec.scopes", scopes, "field is immutable")


def check_claim(claim: Object, before: Object | None) -> Causes:
    spec = claim["spec"]
    modes = spec.get("accessModes", [])
    if not modes:
        yield required("spec.accessModes", "at least 1 access mode is required")
    for mode in modes:
        if mode not in _MODES:
            yield not_supported("spec.accessModes", mode, _MODES)
    storage = spec["resources"].get("requests", {}).get("storage")
    if storage is None:
        yield required("spec.resources[storage]")
    elif quantities.parse(storage) <= 0:
        yield invalid("spec.resources[storage]", storage, "must be greater than zero")
    if before is not None and _fixed(spec) != _fixed(before["spec"]):
        why = (
            "spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims"
        )
        yield forbidden("spec", why)


def _fixed(spec: Json) -> dict[str, object]:
    changing = {"resources", "volumeName", "volumeAttributesClassName"}
    return {field: value for field, value in spec.items() if field not in changing}
