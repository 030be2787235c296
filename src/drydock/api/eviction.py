"""Evictions: deletions that ask the disruption budgets first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from drydock import pods
from drydock.api import status
from drydock.api.objects import Objects
from drydock.api.request import Request, decoded_object
from drydock.api.sent import EVICTION, typed
from drydock.metadata import labels
from drydock.resources import POD_DISRUPTION_BUDGETS, Object
from drydock.selectors import matches
from drydock.store import Store
from drydock.timestamps import timestamp

_EVICTED: Mapping[str, Any] = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Success",
    "code": 201,
}


@dataclass(frozen=True, slots=True)
class Evictions:
    store: Store
    objects: Objects

    def create(self, request: Request) -> Mapping[str, Any]:
        pod = self.objects.get(request)
        options = typed(EVICTION, decoded_object(request.body)).get("deleteOptions", {})
        dry_run = request.dry_run or options.get("dryRun") == ["All"]
        budget = None if _undisturbed(pod) else self._budget(pod)
        spent = None if budget is None else _spend(budget, pod)
        if spent is not None and not dry_run:
            self.store.update(POD_DISRUPTION_BUDGETS, spent, subresource="status")
        deletion = {**options, "kind": "DeleteOptions", "apiVersion": "v1"}
        self.objects.delete(replace(request, body=msgspec.json.encode(deletion)))
        return _EVICTED

    def _budget(self, pod: Object) -> Object | None:
        budgets = [
            budget
            for budget in self.store.list(POD_DISRUPTION_BUDGETS, pod["metadata"]["namespace"])
            if matches(budget["spec"].get("selector"), labels(pod))
        ]
        if len(budgets) > 1:
            raise status.internal_error(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                "does not support."
            )
        return budgets[0] if budgets else None


def _undisturbed(pod: Object) -> bool:
    """A pod that serves nobody: its eviction disrupts nothing."""
    return not pods.active(pod) or pods.phase(pod) == "Pending"


def _spend(budget: Object, pod: Object) -> Object | None:
    """The budget after this eviction, None where it costs nothing; refused when nothing is left."""
    metadata, state = budget["metadata"], budget.get("status", {})
    healthy, needed = state.get("currentHealthy", 0), state.get("desiredHealthy", 0)
    if not pods.ready(pod):
        policy = budget["spec"].get("unhealthyPodEvictionPolicy", "IfHealthyBudget")
        if policy == "AlwaysAllow" or (healthy >= needed > 0):
            return None
    if state.get("observedGeneration", 0) < metadata.get("generation", 1):
        raise status.budget_unknown(metadata["name"])
    allowed = state.get("disruptionsAllowed", 0)
    if allowed < 1:
        raise status.disruption_budget(metadata["name"], needed, healthy)
    disrupted = {
        **state.get("disruptedPods", {}),
        pod["metadata"]["name"]: timestamp(datetime.now(UTC)),
    }
    spent = {**state, "disruptionsAllowed": allowed - 1, "disruptedPods": disrupted}
    return {**budget, "status": spent}
