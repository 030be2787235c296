"""What a pod's status says."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from drydock import conditions
from drydock.metadata import deleting
from drydock.resources import Object
from drydock.timestamps import seconds_since


def phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase", "Pending"))


def finished(pod: Object) -> bool:
    return phase(pod) in {"Succeeded", "Failed"}


def active(pod: Object) -> bool:
    return not finished(pod) and not deleting(pod)


def ready_since(pod: Object) -> str | None:
    """The time of its becoming ready; None while it is not."""
    condition = conditions.find(conditions.of(pod), "Ready")
    if condition is None or condition["status"] != "True":
        return None
    since = condition.get("lastTransitionTime") or pod["metadata"]["creationTimestamp"]
    return str(since)


def ready(pod: Object) -> bool:
    return ready_since(pod) is not None


def seconds_to_available(pod: Object, min_ready_seconds: int, now: datetime) -> float | None:
    """0 when it is available, what is left of minReadySeconds when it is ready, else None."""
    since = ready_since(pod)
    if since is None:
        return None
    if not min_ready_seconds:
        return 0
    return max(0.0, min_ready_seconds - seconds_since(since, now))


def restarts(pod: Object) -> int:
    return sum(container.get("restartCount", 0) for container in _containers(pod))


def container_status(pod: Object, name: str) -> Mapping[str, Any]:
    """Empty while there is none."""
    return next((each for each in _containers(pod) if each["name"] == name), {})


def _containers(pod: Object) -> Iterator[Mapping[str, Any]]:
    status = pod.get("status") or {}
    for group in ("initContainerStatuses", "containerStatuses"):
        yield from status.get(group) or ()
