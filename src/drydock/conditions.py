"""Conditions: one per type, whose transition time moves only when the status does."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from drydock.resources import Object
from drydock.timestamps import timestamp

Verdict = tuple[str, str, str]
"""Status, reason and message of a condition."""


def of(obj: Object) -> Sequence[Object]:
    return (obj.get("status") or {}).get("conditions") or ()


def find(conditions: Iterable[Object], kind: str) -> Object | None:
    return next((condition for condition in conditions if condition["type"] == kind), None)


def holds(conditions: Iterable[Object], kind: str) -> bool:
    condition = find(conditions, kind)
    return condition is not None and condition["status"] == "True"


def put(conditions: Sequence[Object], kind: str, verdict: Verdict, now: datetime) -> list[Object]:
    """The same list with this condition in it, in its old place."""
    status, reason, message = verdict
    before = find(conditions, kind)
    unmoved = before is not None and before["status"] == status
    condition = {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": before["lastTransitionTime"]
        if before and unmoved
        else timestamp(now),
    }
    if before is None:
        return [*conditions, condition]
    return [condition if each is before else each for each in conditions]
