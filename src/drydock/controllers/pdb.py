"""PodDisruptionBudget: how many of its pods may be evicted now."""

from collections.abc import Sequence
from datetime import datetime

from drydock import conditions, pods
from drydock.controllers.changes import After, Reconcile, UpdateStatus
from drydock.controllers.rollout import share, size
from drydock.metadata import controller, deleting, labels
from drydock.resources import POD_DISRUPTION_BUDGETS, Object
from drydock.selectors import matches
from drydock.timestamps import seconds_since

EVICTION_GRACE = 120.0  # seconds an eviction counts before its pod is seen leaving


def reconcile(
    budget: Object,
    namespace_pods: Sequence[Object],
    sized: Sequence[Object],
    now: datetime,
) -> Reconcile:
    """`sized` are the namespace's workloads that say how many pods they want."""
    if deleting(budget):
        return
    before = budget.get("status") or {}
    chosen = [
        pod
        for pod in namespace_pods
        if matches(budget["spec"].get("selector"), labels(pod)) and not pods.finished(pod)
    ]
    expected, desired = _targets(budget, chosen, sized)
    disrupted = _disrupted(before, chosen, now)
    healthy = sum(
        pods.ready(pod) and not deleting(pod) and pod["metadata"]["name"] not in disrupted
        for pod in chosen
    )
    allowed = max(0, healthy - desired) if expected else 0
    listed = conditions.put(
        conditions.of(budget),
        "DisruptionAllowed",
        ("True", "SufficientPods", "") if allowed else ("False", "InsufficientPods", ""),
        now,
    )
    status = {
        "observedGeneration": budget["metadata"]["generation"],
        "expectedPods": expected,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "conditions": listed,
        **({"disruptedPods": disrupted} if disrupted else {}),
    }
    if status != before:
        yield UpdateStatus(POD_DISRUPTION_BUDGETS, {**budget, "status": status})
    if disrupted:
        oldest = min(disrupted.values())
        yield After(max(0.0, EVICTION_GRACE - seconds_since(oldest, now)))


def _targets(budget: Object, chosen: Sequence[Object], sized: Sequence[Object]) -> tuple[int, int]:
    """How many pods there should be, and how many of them must stay healthy."""
    spec = budget["spec"]
    least = spec.get("minAvailable")
    if isinstance(least, int):
        return len(chosen), least
    expected = _expected(chosen, sized)
    if least is not None:
        return expected, share(least, expected, up=True)
    most = spec.get("maxUnavailable")
    if most is None:
        return expected, expected
    return expected, max(0, expected - share(most, expected, up=True))


def _expected(chosen: Sequence[Object], sized: Sequence[Object]) -> int:
    """The size of the pods' controllers: a pod that was never made is missed, too."""
    owners = {boss["uid"] for pod in chosen if (boss := controller(pod)) is not None}
    return sum(size(each) for each in sized if each["metadata"]["uid"] in owners)


def _disrupted(before: Object, chosen: Sequence[Object], now: datetime) -> dict[str, str]:
    """Evictions that the API has granted and whose pods have not yet begun to leave."""
    staying = {pod["metadata"]["name"] for pod in chosen if not deleting(pod)}
    return {
        name: since
        for name, since in (before.get("disruptedPods") or {}).items()
        if name in staying and seconds_since(since, now) < EVICTION_GRACE
    }
