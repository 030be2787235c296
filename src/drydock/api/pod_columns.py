"""A pod's READY, STATUS and RESTARTS as kubectl shows them.

Source: printPod in the Kubernetes API server's printers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drydock import conditions, pods
from drydock.api.ages import since
from drydock.metadata import deleting
from drydock.resources import Object


@dataclass(frozen=True, slots=True)
class PodSummary:
    ready: str
    status: str
    restarts: str


def summary(pod: Object, now: datetime) -> PodSummary:
    status = pod.get("status", {})
    sidecars = {
        init["name"]
        for init in pod["spec"].get("initContainers", ())
        if init.get("restartPolicy") == "Always"
    }
    inits = status.get("initContainerStatuses", [])
    mains = status.get("containerStatuses", [])
    initializing = _initializing(pod, inits, sidecars)
    begun = initializing is None or conditions.holds(conditions.of(pod), "Initialized")
    shown = [s for s in inits if s["name"] in sidecars] + mains if begun else inits
    ready = sum(_runs_ready(s) for s in shown if s in mains or s["name"] in sidecars)
    total = len(pod["spec"]["containers"]) + len(sidecars)
    return PodSummary(
        ready=f"{ready}/{total}",
        status=_status(pod, mains, initializing if not begun else None),
        restarts=_restarts(shown, now),
    )


def _status(pod: Object, mains: list[Any], initializing: str | None) -> str:
    status = pod.get("status", {})
    phase: str = status.get("phase", "Pending")
    reason: str = status.get("reason") or phase
    if deleting(pod):
        if reason == "NodeLost":
            return "Unknown"
        if not pods.finished(pod):
            return "Terminating"
    if initializing:
        return initializing
    reason = next(_reasons(mains), reason)
    if reason == "Completed" and any(_runs_ready(container) for container in mains):
        return "Running" if pods.ready(pod) else "NotReady"
    return reason


def _reasons(containers: list[Any]) -> Iterator[str]:
    """Why containers do not run, the first one's reason first."""
    for container in containers:
        state = container.get("state", {})
        if reason := state.get("waiting", {}).get("reason"):
            yield reason
        elif terminated := state.get("terminated"):
            yield _end(terminated)


def _end(terminated: Mapping[str, Any]) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    if signal := terminated.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _initializing(pod: Object, inits: list[Any], sidecars: set[str]) -> str | None:
    """What the first unfinished init container says."""
    for position, container in enumerate(inits):
        state = container.get("state", {})
        terminated, waiting = state.get("terminated"), state.get("waiting", {})
        if terminated and terminated.get("exitCode", 0) == 0:
            continue
        if container["name"] in sidecars and container.get("started"):
            continue
        if terminated:
            return f"Init:{_end(terminated)}"
        if waiting.get("reason", "PodInitializing") != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{position}/{len(pod['spec']['initContainers'])}"
    return None


def _restarts(containers: list[Any], now: datetime) -> str:
    count = sum(container.get("restartCount", 0) for container in containers)
    ends = [
        terminated["finishedAt"]
        for container in containers
        if (terminated := container.get("lastState", {}).get("terminated"))
        and terminated.get("finishedAt")
    ]
    return f"{count} ({since(max(ends), now)} ago)" if count and ends else str(count)


def _runs_ready(container: Mapping[str, Any]) -> bool:
    return bool(container.get("ready")) and "running" in container.get("state", {})
