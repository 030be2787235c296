"""What the autoscaler's metrics ask for: usage against targets → a number of pods."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drydock import pods, quantities
from drydock.metadata import deleting
from drydock.resources import Object
from drydock.timestamps import seconds_since

TOLERANCE = 0.1
WINDOW = 15.0  # seconds of readiness before a pod's usage counts: starting is not load

Usage = Callable[[str, str], float | None]
"""Cores in use by the pod of this namespace and name; None while nothing is known."""


class Unknown(Exception):
    """A metric that cannot be computed, and why."""


@dataclass(frozen=True, slots=True)
class Proposal:
    replicas: int
    source: str  # as the events name it
    current: Object  # for status.currentMetrics


def propose(
    metric: Object, current: int, selected: Sequence[Object], usage: Usage, now: datetime
) -> Proposal:
    resource = metric.get("resource") or {}
    if metric["type"] != "Resource" or resource["name"] != "cpu":
        raise Unknown("drydock measures no metric but the cpu of pods")
    counted = [pod for pod in selected if not deleting(pod) and pods.phase(pod) != "Failed"]
    targets = {pod["metadata"]["uid"]: _target(resource["target"], pod) for pod in counted}
    ready: list[tuple[float, float]] = []
    missing: list[float] = []
    unready: list[float] = []
    for pod in counted:
        metadata, goal = pod["metadata"], targets[pod["metadata"]["uid"]]
        cores = usage(metadata["namespace"], metadata["name"])
        since = pods.ready_since(pod)
        if since is None or seconds_since(since, now) < WINDOW:
            unready.append(goal)
        elif cores is None:
            missing.append(goal)
        else:
            ready.append((cores, goal))
    if not ready:
        raise Unknown("did not receive metrics for targeted pods (pods might be unready)")
    cores = sum(used for used, _ in ready)
    value: dict[str, object] = {"averageValue": f"{round(cores * 1000 / len(ready))}m"}
    source = "cpu resource"
    if "averageUtilization" in resource["target"]:
        requested = sum(goal for _, goal in ready) * 100 / resource["target"]["averageUtilization"]
        value = {"averageUtilization": round(cores * 100 / requested), **value}
        source = "cpu resource utilization (percentage of request)"
    status = {"type": "Resource", "resource": {"name": "cpu", "current": value}}
    return Proposal(_replicas(current, ready, missing, unready), source, status)


def _target(target: Object, pod: Object) -> float:
    """Cores that this pod should use on average."""
    if "averageValue" in target:
        return float(quantities.parse(target["averageValue"]))
    return requested(pod) * float(target["averageUtilization"]) / 100


def requested(pod: Object) -> float:
    total = 0.0
    for container in pod["spec"]["containers"]:
        request = ((container.get("resources") or {}).get("requests") or {}).get("cpu")
        if request is None:
            where = f"container {container['name']} of Pod {pod['metadata']['name']}"
            raise Unknown(f"missing request for cpu in {where}")
        total += float(quantities.parse(request))
    return total


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
