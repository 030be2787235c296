"""Facts about pods become causes: which pod, its state, what it said last, and why, most telling first."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shipway.model import said
from shipway.model.progress import summary
from shipway.model.rollout import NEVER_STARTS, PULLS, Container, Deployment, Pod

NO_IMAGE = NEVER_STARTS | PULLS
NO_CONTAINER = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
SIGNALS = {134: "SIGABRT", 137: "SIGKILL", 139: "SIGSEGV", 143: "SIGTERM"}
KILLED = re.compile(r"Container (\S+) failed (startup|liveness) probe, will be restarted")


@dataclass(frozen=True, slots=True)
class Cause:
    """One explanation, with the pod that shows it."""

    rank: int  # lower is more telling
    cause: str
    pod: str = ""
    state: str = ""
    log: tuple[str, ...] = ()


def diagnose(deployment: Deployment, pods: Sequence[Pod], doomed: str | None = None) -> Cause:
    """The most telling cause, of the pod that was judged as `doomed` before all others.

    There is always one, if only what the pods were doing when the time was over.
    """
    found = causes(deployment, pods)
    found.sort(key=lambda cause: doomed is not None and cause.pod != doomed)
    return next(iter(found), _slow(deployment, pods))


def causes(deployment: Deployment, pods: Sequence[Pod]) -> list[Cause]:
    """Most telling first; of pods that say the same the first. Empty where nothing shows one."""
    # a pod that waits shows its trouble; beside it another may just be trying again
    waiting_first = sorted(pods, key=lambda pod: not any(each.waiting for each in pod.containers))
    found = [
        cause
        for pod in waiting_first
        if not pod.terminating and not pod.ready
        for cause in _of_pod(pod)
    ]
    if deployment.replica_failure:
        found.append(Cause(0, said.refusal(deployment.replica_failure)))
    first: dict[str, Cause] = {}
    for cause in sorted(found, key=lambda cause: cause.rank):
        first.setdefault(cause.cause, cause)
    return list(first.values())


def _slow(deployment: Deployment, pods: Sequence[Pod]) -> Cause:
    alive = [pod for pod in pods if not pod.terminating]
    late = next((pod for pod in alive if not pod.ready), None)
    if late:
        return Cause(9, f"too slow: {summary(alive)}", late.name, state(late), late.log)
    if old := deployment.replicas - deployment.updated:
        return Cause(9, f"too slow: {old} of the old pods did not leave")
    if alive and len(alive) >= deployment.wanted:
        return Cause(9, "too slow: the pods were ready, and not for long enough to count")
    return Cause(9, f"too slow: {len(alive)} of {deployment.wanted} pods were made")


def _of_pod(pod: Pod) -> list[Cause]:
    told = list(_told(pod))
    if not told and pod.events:
        told = [(6, pod.events[-1])]
    whole = tuple(line for each in pod.containers for line in _whole(each))
    return [Cause(rank, words, pod.name, state(pod), pod.log or whole) for rank, words in told]


def _told(pod: Pod) -> Iterator[tuple[int, str]]:
    for container in pod.containers:
        yield from _of_container(container, pod)
    if missing := next((words for each in pod.events if (words := _unmounted(each, pod))), ""):
        yield 1, missing
    if pod.unschedulable:
        yield 3, f"no node takes the pod: {said.unplaced(pod.unschedulable)}"
    if pod.given_up:
        yield 3, f"its node gave the pod up: {pod.given_up}"
    if asked := _probed(pod):
        yield 4, f"not ready: {asked}"


def _probed(pod: Pod, kind: str = "") -> str:
    """What a probe, of a kind or of any, heard last."""
    asked = (said.probe(event, dict(pod.paths)) for event in reversed(pod.events))
    return next((words for words in asked if words and words.startswith(kind)), "")


def _unmounted(event: str, pod: Pod) -> str:
    return said.missing(event, pod.namespace) if event.startswith("FailedMount") else ""


def _of_container(container: Container, pod: Pod) -> Iterator[tuple[int, str]]:
    kind = "init container" if container.init else "container"
    name = f"{kind} {container.name}"
    match container.waiting:
        case reason if reason in NO_IMAGE:
            yield (
                1,
                f"the image cannot be pulled: {said.pull(_pull(container, pod), container.image)}",
            )
        case reason if reason in NO_CONTAINER:
            refused = said.root_refusal(container.message)
            why = f"{name} cannot be made: {refused or said.not_started(container.message)}"
            yield 1, said.missing(container.message, pod.namespace) or why
        case _ if container.crashed:
            yield 2, _crash(container, name, pod)


def _pull(container: Container, pod: Pod) -> str:
    """Kubelets before 1.32 give the reason of a back-off in an event alone."""
    if container.message != f'Back-off pulling image "{container.image}"':
        return container.message
    failed = f'Failed: Failed to pull image "{container.image}": '
    told = (each for each in reversed(pod.events) if each.startswith(failed))
    return next(told, "").removeprefix(failed)


def _crash(container: Container, name: str, pod: Pod) -> str:
    if container.exit_reason == "OOMKilled":
        return f"{name} used more memory than its limit"
    if container.exit_reason == "StartError":
        return f"{name} cannot be started: {said.not_started(container.exit_message)}"
    if probe := _killed_by(container, pod):
        return f"{name} is restarted by its {probe}"
    code = container.exit_code or 0
    words = _last_words(pod.log) or container.exit_message.strip()
    why = f": {words}" if words else ""
    if code == 0:
        return f"{name} ends, with code 0, where it should go on serving{why}"
    signal = f" ({SIGNALS[code]})" if code in SIGNALS else ""
    return f"{name} exits with code {code}{signal}{why}"


def _killed_by(container: Container, pod: Pod) -> str:
    """The kubelet ends a container politely first, so that its own code is no sign."""
    for event in reversed(pod.events):
        found = KILLED.search(event)
        if found and found[1] == container.name:
            why = _probed(pod, found[2])
            return why.replace(" fails: ", ": ", 1) or f"{found[2]} probe"
    return ""


def _last_words(log: Sequence[str]) -> str:
    """Of a line of JSON its message, and of an exception in it the last line."""
    if not log:
        return ""
    try:
        line = json.loads(log[-1])
    except ValueError:
        return log[-1].strip()
    if not isinstance(line, dict) or "message" not in line:
        return log[-1].strip()
    thrown = str(line.get("exception", "")).strip().splitlines()
    return ": ".join([str(line["message"]), *thrown[-1:]])


def _whole(container: Container) -> list[str]:
    """Of a message that its cause shortens."""
    return container.message.splitlines() if container.waiting in NO_IMAGE else []


def state(pod: Pod) -> str:
    """What kubectl would show as its status."""
    for container in pod.containers:
        if container.waiting:
            return container.waiting
        if pod.phase == "Running" and container.crashed and not container.running:
            return container.exit_reason or "Error"
    if pod.terminating:
        return "Terminating"
    return pod.phase if pod.ready or pod.phase != "Running" else "Running, not ready"
