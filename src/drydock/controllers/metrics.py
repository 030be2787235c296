"""What the autoscaler's metrics ask for: usage against targets → a number of pods."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drydock import pods, quantities
from drydock.metadata import deleting
from drydock.resources import Object
from drydock.timestamps import seconds_since
from drydock.usage import Usage

TOLERANCE = 0.1
WINDOW = 15.0  # seconds of readiness before a pod's usage counts: starting is not load

UsageOf = Callable[[str, str], Usage | None]
"""What the pod of this namespace and name uses; None while nothing is known."""


_MEASURED: Final[Mapping[str, Callable[[Usage], float]]] = {
    "cpu": lambda usage: usage.cores,
    "memory": lambda usage: usage.memory,
}


class Unknown(Exception):
    """A metric that cannot be computed, and why."""


@dataclass(frozen=True, slots=True)
class Proposal:
    replicas: int
    source: str  # as the events name it
    current: Object  # for status.currentMetrics


def propose(
    metric: Object, current: int, selected: Sequence[Object], usage: UsageOf, now: datetime
) -> Proposal:
    source = metric.get("resource") or {}
    name = source.get("name", "")
    if metric["type"] != "Resource" or name not in _MEASURED:
        raise Unknown("drydock measures no metric but the cpu and memory of pods")
    target = source["target"]
    counted = [pod for pod in selected if not deleting(pod) and pods.phase(pod) != "Failed"]
    targets = {pod["metadata"]["uid"]: _target(name, target, pod) for pod in counted}
    ready: list[tuple[float, float]] = []
    missing: list[float] = []
    unready: list[float] = []
    for pod in counted:
        metadata, goal = pod["metadata"], targets[pod["metadata"]["uid"]]
        used = usage(metadata["namespace"], metadata["name"])
        if _starting(name, pod, now):
            unready.append(goal)
        elif used is None:
            missing.append(goal)
        else:
            ready.append((_MEASURED[name](used), goal))
    if not ready:
        raise Unknown("did not receive metrics for targeted pods (pods might be unready)")
    total = sum(used for used, _ in ready)
    value: dict[str, object] = {"averageValue": _spelled(total / len(ready))}
    said = f"{name} resource"
    if "averageUtilization" in target:
        requests = sum(goal for _, goal in ready) * 100 / target["averageUtilization"]
        value = {"averageUtilization": round(total * 100 / requests), **value}
        said = f"{name} resource utilization (percentage of request)"
    status = {"type": "Resource", "resource": {"name": name, "current": value}}
    return Proposal(_replicas(current, ready, missing, unready), said, status)


def _starting(name: str, pod: Object, now: datetime) -> bool:
    """The cpu of a pod that only just begins says nothing yet; its memory does."""
    if name != "cpu":
        return pods.phase(pod) == "Pending"
    since = pods.ready_since(pod)
    return since is None or seconds_since(since, now) < WINDOW


def _target(name: str, target: Object, pod: Object) -> float:
    """Cores or bytes that this pod should use on average."""
    if "averageValue" in target:
        return float(quantities.parse(target["averageValue"]))
    return requested(name, pod) * float(target["averageUtilization"]) / 100


def requested(name: str, pod: Object) -> float:
    total = 0.0
    for container in pod["spec"]["containers"]:
        request = ((container.get("resources") or {}).get("requests") or {}).get(name)
        if request is None:
            where = f"container {container['name']} of Pod {pod['metadata']['name']}"
            raise Unknown(f"missing request for {name} in {where}")
        total += float(quantities.parse(request))
    return total


def _spelled(value: float) -> str:
    return quantities.canonical(f"{round(value * 1000)}m")


def _replicas(
    current: int,
    ready: Sequence[tuple[float, float]],
    missing: Sequence[float],
    unready: Sequence[float],
) -> int:
    """Unknown pods are taken for whatever makes the step smaller: idle when growing, busy when shrinking."""
    ratio = _ratio(ready)
    if not missing and not (unready and ratio > 1):
        within = abs(1 - ratio) <= TOLERANCE
        return current if within else math.ceil(ratio * len(ready))
    growing = ratio > 1
    assumed = [(0.0, goal) if growing else (goal, goal) for goal in missing]
    idle = [(0.0, goal) for goal in unready] if growing else []
    everyone = [*ready, *assumed, *idle]
    careful = _ratio(everyone)
    if abs(1 - careful) <= TOLERANCE or (careful > 1) != growing:
        return current
    replicas = math.ceil(careful * len(everyone))
    return max(current, replicas) if growing else min(current, replicas)


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(used for used, _ in pairs) / sum(goal for _, goal in pairs)
