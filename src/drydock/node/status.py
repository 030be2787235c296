"""What a pod's status says, decided from facts about its containers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from drydock.resources import Object

Phase = Literal["Pending", "Running", "Succeeded", "Failed"]

HOST_IP = "127.0.0.1"
OVERDUE = "Pod was active on the node longer than the specified deadline"
_OURS = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not started, and why; `message` is what `kubectl describe` shows below the reason."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    started_at: str


@dataclass(frozen=True, slots=True)
class Terminated:
    exit_code: int
    reason: str
    started_at: str
    finished_at: str
    message: str = ""
    container_id: str = ""


State = Waiting | Running | Terminated


@dataclass(frozen=True, slots=True)
class Container:
    """All that is known of one container."""

    name: str
    image: str
    state: State = Waiting("PodInitializing")
    last_state: Terminated | None = None
    ready: bool = False
    started: bool = False
    restart_count: int = 0
    image_id: str = ""
    container_id: str = ""
    sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the node knows of a pod that it runs."""

    pod_ip: str
    start_time: str
    init: Sequence[Container] = ()
    main: Sequence[Container] = ()
    overdue: bool = False  # it was active for longer than activeDeadlineSeconds
    surrounded: bool = False  # it has its network and its volumes


def pod_status(pod: Object, facts: Facts, now: str) -> dict[str, Any]:
    """The whole status; conditions of other owners and times of transition are taken over from the pod."""
    policy = pod["spec"].get("restartPolicy", "Always")
    over = facts.overdue and not any(
        isinstance(c.state, Running) for c in (*facts.init, *facts.main)
    )
    phase: Phase = "Failed" if over else pod_phase(policy, facts)
    status: dict[str, Any] = {
        "phase": phase,
        "conditions": _conditions(pod, facts, phase, now),
        "hostIP": HOST_IP,
        "hostIPs": [{"ip": HOST_IP}],
        "podIP": facts.pod_ip,
        "podIPs": [{"ip": facts.pod_ip}],
        "startTime": facts.start_time,
        "qosClass": qos_class(pod["spec"]),
        "containerStatuses": [container_status(c) for c in facts.main],
    }
    if over:
        status |= {"reason": "DeadlineExceeded", "message": OVERDUE}
    if facts.init:
        status["initContainerStatuses"] = [container_status(c) for c in facts.init]
    return status


def pod_phase(policy: str, facts: Facts) -> Phase:
    """As the kubelet's getPhase: a container that waits to be restarted counts as stopped."""
    if _to_initialise(facts):
        failed = any(isinstance(c.state, Terminated) and c.state.exit_code for c in facts.init)
        return "Failed" if policy == "Never" and failed else "Pending"
    sidecars = [c for c in facts.init if c.sidecar]
    ends = [_end(c) for c in facts.main]
    if any(isinstance(c.state, Running) for c in facts.main):
        return "Running"
    if None in ends:
        return "Pending"
    if policy == "Always" or any(isinstance(c.state, Running) for c in sidecars):
        return "Running"
    if all(end is not None and end.exit_code == 0 for end in ends):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _end(container: Container) -> Terminated | None:
    state = container.state
    return state if isinstance(state, Terminated) else container.last_state


def _to_initialise(facts: Facts) -> list[Container]:
    """None once the containers have begun: from then on the end of a sidecar changes nothing."""
    if any(isinstance(c.state, Running) or _end(c) for c in facts.main):
        return []
    return [c for c in facts.init if not _initialised(c)]


def _initialised(container: Container) -> bool:
    if container.sidecar:
        return container.started
    return isinstance(container.state, Terminated) and container.state.exit_code == 0


def container_status(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": container.image_id,
        **({"containerID": container.container_id} if container.container_id else {}),
        "ready": container.ready,
        "started": container.started,
        "restartCount": container.restart_count,
        "state": _state(container.state),
        "lastState": _state(container.last_state) if container.last_state else {},
    }


def _state(state: State) -> dict[str, Any]:
    match state:
        case Waiting(reason, message):
            return {"waiting": {"reason": reason, **({"message": message} if message else {})}}
        case Running(started_at):
            return {"running": {"startedAt": started_at}}
        case Terminated():
            return {
                "terminated": {
                    "exitCode": state.exit_code,
                    "reason": state.reason,
                    **({"message": state.message} if state.message else {}),
                    "startedAt": state.started_at,
                    "finishedAt": state.finished_at,
                    **({"containerID": state.container_id} if state.container_id else {}),
                }
            }


def _conditions(pod: Object, facts: Facts, phase: Phase, now: str) -> list[dict[str, Any]]:
    before = {c["type"]: c for c in pod.get("status", {}).get("conditions", ())}
    foreign = [condition for type_, condition in before.items() if type_ not in _OURS]
    problems = (
        None if facts.surrounded else ("", ""),
        _uninitialised(facts, phase),
        _unready(facts, phase) or _closed_gate(pod, before),
        _unready(facts, phase),
        None,
    )
    ours = zip(_OURS, problems, strict=True)
    return [_condition(type_, problem, before.get(type_), now) for type_, problem in ours] + foreign


def _condition(
    type_: str, problem: tuple[str, str] | None, before: Object | None, now: str
) -> dict[str, Any]:
    status = "False" if problem else "True"
    changed = before is None or before["status"] != status
    condition = {
        "type": type_,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": now if changed or before is None else before["lastTransitionTime"],
    }
    if problem:
        reason, message = problem
        condition |= {"reason": reason} if reason else {}
        condition |= {"message": message} if message else {}
    return condition


def _uninitialised(facts: Facts, phase: Phase) -> tuple[str, str] | None:
    names = [c.name for c in _to_initialise(facts)]
    if not names or phase == "Succeeded":
        return None
    return "ContainersNotInitialized", f"containers with incomplete status: {_names(names)}"


def _unready(facts: Facts, phase: Phase) -> tuple[str, str] | None:
    if phase == "Succeeded":
        return "PodCompleted", ""
    if phase == "Failed":
        return "PodFailed", ""
    sidecars = [c for c in facts.init if c.sidecar]
    names = [c.name for c in (*sidecars, *facts.main) if not c.ready]
    return (
        ("ContainersNotReady", f"containers with unready status: {_names(names)}")
        if names
        else None
    )


def _closed_gate(pod: Object, conditions: Mapping[str, Object]) -> tuple[str, str] | None:
    for gate in pod["spec"].get("readinessGates", ()):
        type_ = gate["conditionType"]
        condition = conditions.get(type_)
        if condition is None:
            message = f'corresponding condition of pod readiness gate "{type_}" does not exist.'
        elif condition["status"] != "True":
            message = f'the status of pod readiness gate "{type_}" is not "True", but {condition["status"]}'
        else:
            continue
        return "ReadinessGatesNotReady", message
    return None


def _names(names: Sequence[str]) -> str:
    return f"[{' '.join(names)}]"


def qos_class(spec: Object) -> Literal["Guaranteed", "Burstable", "BestEffort"]:
    resources = [c.get("resources", {}) for c in _containers(spec)]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    return "Guaranteed" if all(_guaranteed(r) for r in resources) else "Burstable"


def _guaranteed(resources: Object) -> bool:
    limits = resources.get("limits", {})
    requests = {**limits, **resources.get("requests", {})}
    return {"cpu", "memory"} <= limits.keys() and all(
        requests[name] == limits[name] for name in ("cpu", "memory")
    )


def _containers(spec: Object) -> Iterator[Object]:
    yield from spec.get("initContainers", ())
    yield from spec["containers"]


def recall(status: Object, now: str) -> tuple[list[Container], list[Container]]:
    """Containers as a former life of this node left them: what ran then has ended unseen."""
    return (
        [_recalled(c, now) for c in status.get("initContainerStatuses", ())],
        [_recalled(c, now) for c in status.get("containerStatuses", ())],
    )


def _recalled(status: Object, now: str) -> Container:
    state = _read_state(status.get("state", {}))
    if isinstance(state, Running):
        state = Terminated(
            137,
            "ContainerStatusUnknown",
            state.started_at,
            now,
            "The container could not be located when the node came back",
        )
    last = _read_state(status.get("lastState", {}))
    return Container(
        name=status["name"],
        image=status["image"],
        state=state,
        last_state=last if isinstance(last, Terminated) else None,
        restart_count=status.get("restartCount", 0),
        image_id=status.get("imageID", ""),
        container_id=status.get("containerID", ""),
    )


def _read_state(state: Object) -> State:
    if running := state.get("running"):
        return Running(running["startedAt"])
    if ended := state.get("terminated"):
        return Terminated(
            ended["exitCode"],
            ended["reason"],
            ended["startedAt"],
            ended["finishedAt"],
            ended.get("message", ""),
            ended.get("containerID", ""),
        )
    waiting = state.get("waiting", {})
    return Waiting(waiting.get("reason", "ContainerCreating"), waiting.get("message", ""))
