"""PriorityClasses: those that a cluster begins with, what makes one valid, and what a pod gets of its own."""

from collections.abc import Sequence
from typing import Any, Final

from drydock.admission.invalid import Denied, forbidden
from drydock.admission.rules import Causes, immutable, one_of
from drydock.resources import PODS, Object

_SYSTEM: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_HIGHEST: Final = 1_000_000_000
_POLICIES: Final = ("Never", "PreemptLowerPriority")
_USUAL: Final = "PreemptLowerPriority"


def system_classes() -> list[Object]:
    return [{"metadata": {"name": name}, "value": value} for name, value in _SYSTEM.items()]


def default_class(priority_class: dict[str, Any]) -> None:
    priority_class.setdefault("preemptionPolicy", _USUAL)


def check_class(priority_class: Object, before: Object | None) -> Causes:
    name, value = priority_class["metadata"].get("name", ""), priority_class.get("value", 0)
    if name.startswith("system-"):
        if problem := _not_of_the_system(name, value):
            why = "priority class names with 'system-' prefix are reserved for system use only"
            yield forbidden("metadata.name", f"{why}. error: {problem}")
    elif value > _HIGHEST:
        why = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        yield forbidden("value", why)
    yield from one_of(priority_class["preemptionPolicy"], _POLICIES, "preemptionPolicy")
    if before is not None:
        if value != before.get("value", 0):
            yield forbidden("value", "may not be changed in an update.")
        yield from immutable(priority_class, before, "", "preemptionPolicy")


def _not_of_the_system(name: str, value: int) -> str | None:
    if name not in _SYSTEM:
        return f"{name} is not a known system priority class"
    if value != _SYSTEM[name]:
        return f"value of {name} PriorityClass must be {_SYSTEM[name]}"
    return None


def fill(pod: dict[str, Any], classes: Sequence[Object]) -> None:
    """Write into the pod what its class says, or the default one. Raises Denied."""
    spec = pod.setdefault("spec", {})
    name = spec.get("priorityClassName")
    if name:
        found = next((each for each in classes if each["metadata"]["name"] == name), None)
        if found is None:
            raise Denied(PODS, pod, f"no PriorityClass with name {name} was found")
    else:
        defaults = (each for each in classes if each.get("globalDefault"))
        found = min(defaults, key=_value, default=None)
    policy = (found or {}).get("preemptionPolicy", _USUAL)
    for field, what, computed in (
        ("priority", "integer value of priority", _value(found or {})),
        ("preemptionPolicy", "string value of PreemptionPolicy", policy),
    ):
        if (said := spec.get(field)) not in {None, computed}:
            why = f"the {what} ({said}) must not be provided in pod spec; priority admission controller computed "
            raise Denied(PODS, pod, f"{why}{computed} from the given PriorityClass name")
        spec[field] = computed
    if found:
        spec["priorityClassName"] = found["metadata"]["name"]


def keep(pod: dict[str, Any], before: Object) -> None:
    """What the pod got when it was made stays, unless the writer says otherwise, which validation refuses."""
    for field in ("priority", "preemptionPolicy"):
        if field in before["spec"]:
            pod.setdefault("spec", {}).setdefault(field, before["spec"][field])


def _value(priority_class: Object) -> int:
    return int(priority_class.get("value", 0))
