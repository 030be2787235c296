"""HorizontalPodAutoscaler: minimum and maximum at once, the metrics within its behaviour's limits."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from drydock import conditions
from drydock.controllers.changes import (
    After,
    Recommend,
    Reconcile,
    Record,
    Scale,
    UpdateStatus,
)
from drydock.controllers.metrics import Proposal, Unknown, UsageOf, propose
from drydock.controllers.rollout import size
from drydock.metadata import deleting, labels
from drydock.resources import HORIZONTAL_POD_AUTOSCALERS, Object, Resource
from drydock.selectors import matches
from drydock.timestamps import timestamp

PERIOD = 15.0  # seconds between looks, as the real one's
LONGEST_WINDOW = timedelta(hours=1)

_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN = {
    "stabilizationWindowSeconds": 300,
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


@dataclass(frozen=True, slots=True)
class _Decision:
    replicas: int
    reason: str
    conditions: Sequence[Object]
    metrics: Sequence[Object] = ()
    recommended: int | None = None
    trouble: str | None = None


def reconcile(
    autoscaler: Object,
    resource: Resource,
    target: Object | None,
    namespace_pods: Sequence[Object],
    *,
    usage: UsageOf,
    past: Sequence[Recommend],
    now: datetime,
) -> Reconcile:
    """`target` is of kind `resource`; `past` holds the recommendations of the last hour."""
    if deleting(autoscaler):
        return
    yield After(PERIOD)
    before: list[Object] = list(conditions.of(autoscaler))
    if target is None:
        ref = autoscaler["spec"]["scaleTargetRef"]
        message = f'{ref["kind"]} "{ref["name"]}" not found'
        yield from _fail(autoscaler, before, "FailedGetScale", message, now)
        return
    current = size(target)
    if not past:
        past = (Recommend(now, current, current),)
        yield past[0]
    decision = _decide(
        autoscaler, target, namespace_pods, usage=usage, past=past, before=before, now=now
    )
    if decision.recommended is not None:
        yield Recommend(now, current, decision.recommended)
    if decision.trouble is not None:
        reason, message = "FailedGetResourceMetric", decision.trouble
        if _news(before, "ScalingActive", reason):
            yield Record(HORIZONTAL_POD_AUTOSCALERS, autoscaler, "Warning", reason, message)
    listed = list(decision.conditions)
    scaled = decision.replicas != current
    if scaled:
        yield Scale(resource, target, decision.replicas)
        message = f"New size: {decision.replicas}; reason: {decision.reason}"
        yield Record(HORIZONTAL_POD_AUTOSCALERS, autoscaler, "Normal", "SuccessfulRescale", message)
        message = f"the HPA controller was able to update the target scale to {decision.replicas}"
        listed = conditions.put(listed, "AbleToScale", ("True", "SucceededRescale", message), now)
    status = _status(autoscaler, current, decision, listed, timestamp(now) if scaled else None)
    if status != autoscaler.get("status"):
        yield UpdateStatus(HORIZONTAL_POD_AUTOSCALERS, {**autoscaler, "status": status})


def _decide(
    autoscaler: Object,
    target: Object,
    namespace_pods: Sequence[Object],
    *,
    usage: UsageOf,
    past: Sequence[Recommend],
    before: Sequence[Object],
    now: datetime,
) -> _Decision:
    spec, current = autoscaler["spec"], size(target)
    least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
    listed = list(before)
    if current == 0 and least != 0:
        message = "scaling is disabled since the replica count of the target is zero"
        listed = conditions.put(listed, "ScalingActive", ("False", "ScalingDisabled", message), now)
        return _Decision(0, "", listed)
    if current > most:
        return _Decision(most, "Current number of replicas above Spec.MaxReplicas", listed)
    if current < least:
        return _Decision(least, "Current number of replicas below Spec.MinReplicas", listed)
    selected = [pod for pod in namespace_pods if matches(target["spec"]["selector"], labels(pod))]
    proposals, trouble = _proposals(spec.get("metrics") or (), current, selected, usage, now)
    wanted = max((each.replicas for each in proposals), default=current)
    if not proposals or (trouble is not None and wanted < current):
        message = f"the HPA was unable to compute the replica count: {trouble}"
        listed = conditions.put(
            listed, "ScalingActive", ("False", "FailedGetResourceMetric", message), now
        )
        metrics = [each.current for each in proposals]
        return _Decision(current, "", listed, metrics, trouble=trouble)
    source = next(each.source for each in proposals if each.replicas == wanted)
    message = f"the HPA was able to successfully calculate a replica count from {source}"
    listed = conditions.put(listed, "ScalingActive", ("True", "ValidMetricFound", message), now)
    steady = stabilized(wanted, current, spec.get("behavior") or {}, past, now)
    listed = conditions.put(listed, "AbleToScale", ("True", *_steadiness(wanted, steady)), now)
    allowed, limit = _limited(steady, current, spec, past, now)
    listed = conditions.put(listed, "ScalingLimited", limit, now)
    reason = "All metrics below target" if allowed < current else f"{source} above target"
    return _Decision(allowed, reason, listed, [each.current for each in proposals], wanted)


def _proposals(
    metrics: Sequence[Object],
    current: int,
    selected: Sequence[Object],
    usage: UsageOf,
    now: datetime,
) -> tuple[list[Proposal], str | None]:
    proposals: list[Proposal] = []
    trouble: str | None = None
    for metric in metrics:
        try:
            proposals.append(propose(metric, current, selected, usage, now))
        except Unknown as unknown:
            trouble = trouble or str(unknown)
    return proposals, trouble


def stabilized(
    wanted: int, current: int, behavior: Object, past: Sequence[Recommend], now: datetime
) -> int:
    """Never below the highest recommendation of the window for shrinking, nor above the lowest of the one for growing."""

    def window(rules: Object) -> list[int]:
        span = timedelta(seconds=rules["stabilizationWindowSeconds"])
        return [wanted, *(each.replicas for each in past if now - each.at < span)]

    up, down = _rules(behavior)
    return min(max(current, min(window(up))), max(window(down)))


def _rules(behavior: Object) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {**_UP, **(behavior.get("scaleUp") or {})},
        {**_DOWN, **(behavior.get("scaleDown") or {})},
    )


def _steadiness(wanted: int, steady: int) -> tuple[str, str]:
    if steady > wanted:
        return (
            "ScaleDownStabilized",
            "recent recommendations were higher than current one, applying the highest recent recommendation",
        )
    if steady < wanted:
        return (
            "ScaleUpStabilized",
            "recent recommendations were lower than current one, applying the lowest recent recommendation",
        )
    return "ReadyForNewScale", "recommended size matches current size"


def _limited(
    steady: int, current: int, spec: Object, past: Sequence[Recommend], now: datetime
) -> tuple[int, tuple[str, str, str]]:
    """The size within policies, minimum and maximum, and what ScalingLimited says of it."""
    up, down = _rules(spec.get("behavior") or {})
    if steady > current:
        ceiling = max(current, _reach(up, current, past, now, _raised))
        if ceiling < min(steady, spec["maxReplicas"]):
            message = "the desired replica count is increasing faster than the maximum scale rate"
            return ceiling, ("True", "ScaleUpLimit", message)
    if steady < current:
        floor = min(current, _reach(down, current, past, now, _lowered))
        if floor > max(steady, spec.get("minReplicas", 1)):
            message = "the desired replica count is decreasing faster than the maximum scale rate"
            return floor, ("True", "ScaleDownLimit", message)
    if steady > spec["maxReplicas"]:
        message = "the desired replica count is more than the maximum replica count"
        return spec["maxReplicas"], ("True", "TooManyReplicas", message)
    if steady < spec.get("minReplicas", 1):
        message = "the desired replica count is less than the minimum replica count"
        return spec.get("minReplicas", 1), ("True", "TooFewReplicas", message)
    message = "the desired count is within the acceptable range"
    return steady, ("False", "DesiredWithinRange", message)


def _reach(
    rules: Object,
    current: int,
    past: Sequence[Recommend],
    now: datetime,
    step: Callable[[int, Object], int],
) -> int:
    """How far the policies let it go, from the size at the start of each policy's period."""
    if rules["selectPolicy"] == "Disabled" or not rules["policies"]:
        return current
    reached = []
    for policy in rules["policies"]:
        period = timedelta(seconds=policy["periodSeconds"])
        start = next((each.current for each in past if now - each.at < period), current)
        reached.append(step(start, policy))
    farthest = max if step is _raised else min
    nearest = min if step is _raised else max
    return int(nearest(reached) if rules["selectPolicy"] == "Min" else farthest(reached))


def _raised(start: int, policy: Object) -> int:
    if policy["type"] == "Pods":
        return int(start + policy["value"])
    return math.ceil(start * (100 + int(policy["value"])) / 100)


def _lowered(start: int, policy: Object) -> int:
    if policy["type"] == "Pods":
        return int(max(0, start - policy["value"]))
    return math.floor(start * max(0, 100 - int(policy["value"])) / 100)


def _fail(
    autoscaler: Object, before: list[Object], reason: str, message: str, now: datetime
) -> Reconcile:
    if _news(before, "AbleToScale", reason):
        yield Record(HORIZONTAL_POD_AUTOSCALERS, autoscaler, "Warning", reason, message)
    text = f"the HPA controller was unable to get the target's current scale: {message}"
    listed = conditions.put(before, "AbleToScale", ("False", reason, text), now)
    status = {**(autoscaler.get("status") or {}), "conditions": listed}
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    if status != autoscaler.get("status"):
        yield UpdateStatus(HORIZONTAL_POD_AUTOSCALERS, {**autoscaler, "status": status})


def _news(before: Sequence[Object], kind: str, reason: str) -> bool:
    condition = conditions.find(before, kind)
    return condition is None or condition["reason"] != reason


def _status(
    autoscaler: Object,
    current: int,
    decision: _Decision,
    listed: Sequence[Object],
    scaled_at: str | None,
) -> Object:
    last = scaled_at or (autoscaler.get("status") or {}).get("lastScaleTime")
    return {
        "observedGeneration": autoscaler["metadata"]["generation"],
        **({"lastScaleTime": last} if last else {}),
        "currentReplicas": current,
        "desiredReplicas": decision.replicas,
        "currentMetrics": list(decision.metrics),
        "conditions": list(listed),
    }
