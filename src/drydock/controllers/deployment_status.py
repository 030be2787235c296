"""A Deployment's status: its counters, and the two conditions that every client waits on."""

from collections.abc import Sequence
from datetime import datetime

from drydock import conditions
from drydock.conditions import Verdict
from drydock.controllers.rollout import count, limits, size
from drydock.resources import Object
from drydock.timestamps import seconds_since, timestamp

NO_DEADLINE = 2**31 - 1


def status(
    deployment: Object,
    sets: Sequence[Object],
    new: Object | None,
    now: datetime,
    verdict: Verdict | None = None,
) -> Object:
    """`verdict` is what Progressing says when the caller knows better than the counters."""
    counts = _counts(deployment, sets, new)
    listed = list(conditions.of(deployment))
    listed = _put(listed, "Available", _available(deployment, counts), now)
    if verdict is None:
        verdict = _progress(deployment, new, counts, now)
    if verdict is not None:
        moved = verdict[1] == "ReplicaSetUpdated"
        listed = _put(listed, "Progressing", verdict, now, moved=moved)
    return {**counts, "conditions": _with_failure(listed, sets, new, now)}


def seconds_to_deadline(deployment: Object, status: Object, now: datetime) -> float | None:
    """Until ProgressDeadlineExceeded would be true; None while nothing is under way."""
    deadline = _deadline(deployment)
    progressing = conditions.find(status["conditions"], "Progressing")
    if deadline is None or progressing is None or complete(deployment, status):
        return None
    if progressing["status"] != "True" or progressing["reason"] == "NewReplicaSetAvailable":
        return None
    # a second more: our time stamps have whole seconds
    return max(0.0, deadline + 1 - seconds_since(progressing["lastUpdateTime"], now))


def complete(deployment: Object, status: Object) -> bool:
    wanted = deployment["spec"].get("replicas", 1)
    keys = ("replicas", "updatedReplicas", "availableReplicas")
    return all(status.get(key, 0) == wanted for key in keys)


def _counts(deployment: Object, sets: Sequence[Object], new: Object | None) -> dict[str, int]:
    available = count(sets, "availableReplicas")
    collisions = (deployment.get("status") or {}).get("collisionCount", 0)
    counts = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": count(sets, "replicas"),
        "updatedReplicas": count([new], "replicas") if new is not None else 0,
        "readyReplicas": count(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(map(size, sets)) - available),
        "collisionCount": collisions,
    }
    return {key: value for key, value in counts.items() if value}


def _available(deployment: Object, counts: Object) -> Verdict:
    if counts.get("availableReplicas", 0) >= limits(deployment).least:
        return "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    return (
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
    )


def _progress(
    deployment: Object, new: Object | None, counts: Object, now: datetime
) -> Verdict | None:
    """None leaves the condition as it is."""
    deadline = _deadline(deployment)
    current = conditions.find(conditions.of(deployment), "Progressing")
    if deadline is None:
        return None
    settled = current is not None and current["reason"] == "NewReplicaSetAvailable"
    if settled and counts.get("replicas", 0) == counts.get("updatedReplicas", 0):
        return None
    name = deployment["metadata"]["name"]
    subject = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{name}"'
    if complete(deployment, counts):
        return "True", "NewReplicaSetAvailable", f"{subject} has successfully progressed."
    if _moved(deployment.get("status") or {}, counts):
        return "True", "ReplicaSetUpdated", f"{subject} is progressing."
    if current is None or settled or current["reason"] == "DeploymentPaused":
        return None
    if current["reason"] == "ProgressDeadlineExceeded":
        return None
    if seconds_since(current["lastUpdateTime"], now) > deadline:
        return "False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing."
    return None


def _moved(before: Object, after: Object) -> bool:
    def old(status: Object) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    grown = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old(after) < old(before) or any(after.get(key, 0) > before.get(key, 0) for key in grown)


def _deadline(deployment: Object) -> int | None:
    seconds = int(deployment["spec"].get("progressDeadlineSeconds", 600))
    return None if seconds >= NO_DEADLINE else seconds


def _put(
    listed: list[Object], kind: str, verdict: Verdict, now: datetime, *, moved: bool = False
) -> list[Object]:
    """A Deployment's conditions say when they were last updated, too: on progress, or with the reason."""
    before = conditions.find(listed, kind)
    if before and (before["status"], before["reason"]) == verdict[:2] and not moved:
        return listed
    return [
        {**each, "lastUpdateTime": timestamp(now)} if each["type"] == kind else each
        for each in conditions.put(listed, kind, verdict, now)
    ]


def _with_failure(
    listed: list[Object], sets: Sequence[Object], new: Object | None, now: datetime
) -> list[Object]:
    """The new ReplicaSet's failure stands for the Deployment's, and any set's when it has none."""
    ordered = sorted(sets, key=lambda each: each is not new)
    failures = (conditions.find(conditions.of(each), "ReplicaFailure") for each in ordered)
    failure = next((each for each in failures if each), None)
    if failure is None:
        return [each for each in listed if each["type"] != "ReplicaFailure"]
    verdict = (failure["status"], failure["reason"], failure["message"])
    return _put(listed, "ReplicaFailure", verdict, now)
