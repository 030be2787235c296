"""ReplicaSet: as many pods as it says, the least useful one leaving first."""

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from drydock import conditions, pods
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    Reconcile,
    Record,
    Refused,
    UpdateStatus,
)
from drydock.controllers.ownership import claim
from drydock.controllers.template import pod_of
from drydock.metadata import annotations, deleting, labels
from drydock.resources import PODS, REPLICA_SETS, Object
from drydock.selectors import has
from drydock.timestamps import moment

RETRY = 10.0  # seconds after a refused pod
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def reconcile(replica_set: Object, candidates: Sequence[Object], now: datetime) -> Reconcile:
    mine = yield from claim(REPLICA_SETS, replica_set, PODS, candidates)
    if mine is None:
        return
    active = [pod for pod in mine if pods.active(pod)]
    refusal: tuple[str, str] | None = None
    missing = replica_set["spec"].get("replicas", 1) - len(active)
    if missing > 0 and not deleting(replica_set):
        created: list[Object] = []
        try:
            yield from _grow(replica_set, missing, created)
        except Refused as refused:
            refusal = ("FailedCreate", str(refused))
        active += created
    elif missing < 0 and not deleting(replica_set):
        active = yield from _shrink(replica_set, active, -missing)
    status, wait = _status(replica_set, active, refusal, now)
    if status != replica_set.get("status"):
        yield UpdateStatus(REPLICA_SETS, {**replica_set, "status": status})
    if refusal is not None:
        wait = min(RETRY, wait or RETRY)
    if wait is not None:
        yield After(wait)


def usefulness(pod: Object) -> tuple[Any, ...]:
    """Sorts the least useful pod first: without a node, pending, not ready, cheap, restarted, young."""
    metadata = pod["metadata"]
    since = pods.ready_since(pod)
    return (
        bool(pod["spec"].get("nodeName")),
        pods.phase(pod) == "Running",
        since is not None,
        int(annotations(pod).get(DELETION_COST, 0)),
        -moment(since).timestamp() if since else 0,
        -pods.restarts(pod),
        -moment(metadata["creationTimestamp"]).timestamp(),
        metadata["name"],
    )


def _grow(replica_set: Object, missing: int, created: list[Object]) -> Reconcile:
    pod = pod_of(replica_set["spec"]["template"], REPLICA_SETS, replica_set)
    for _ in range(missing):
        try:
            made = yield Create(PODS, pod)
        except Refused as refused:
            message = f"Error creating: {refused}"
            yield Record(REPLICA_SETS, replica_set, "Warning", "FailedCreate", message)
            raise
        created.append(made)
        message = f"Created pod: {made['metadata']['name']}"
        yield Record(REPLICA_SETS, replica_set, "Normal", "SuccessfulCreate", message)


def _shrink(
    replica_set: Object, active: Sequence[Object], surplus: int
) -> Generator[Change, Object, list[Object]]:
    """Returns who stays."""
    ranked = sorted(active, key=usefulness)
    for pod in ranked[:surplus]:
        yield Delete(PODS, pod)
        message = f"Deleted pod: {pod['metadata']['name']}"
        yield Record(REPLICA_SETS, replica_set, "Normal", "SuccessfulDelete", message)
    return ranked[surplus:]


def _status(
    replica_set: Object, active: Sequence[Object], refusal: tuple[str, str] | None, now: datetime
) -> tuple[Object, float | None]:
    """The status, and the seconds until a ready pod becomes available."""
    spec = replica_set["spec"]
    wanted = (spec["template"].get("metadata") or {}).get("labels") or {}
    waits = [
        wait
        for pod in active
        if (wait := pods.seconds_to_available(pod, spec.get("minReadySeconds", 0), now)) is not None
    ]
    before = conditions.of(replica_set)
    after = [each for each in before if each["type"] != "ReplicaFailure"]
    if refusal is not None:
        after = conditions.put(before, "ReplicaFailure", ("True", *refusal), now)
    counts = {
        "fullyLabeledReplicas": sum(has(wanted, labels(pod)) for pod in active),
        "readyReplicas": len(waits),
        "availableReplicas": sum(wait == 0 for wait in waits),
        "observedGeneration": replica_set["metadata"]["generation"],
        "conditions": after,
    }
    status = {"replicas": len(active), **{key: value for key, value in counts.items() if value}}
    return status, min((wait for wait in waits if wait > 0), default=None)
