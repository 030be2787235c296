"""Facts about pods become causes: which pod, its state, what it said last, and why, most telling first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shipway.model.rollout import Container, Deployment, Pod

WRAPPINGS = re.compile(
    r'(?:Back-off pulling image "[^"]*": |ErrImagePull: |rpc error: code = \w+ desc = |'
    r'failed to pull and unpack image "[^"]*": |failed to resolve reference "[^"]*": )+'
)
NO_IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
DIGEST = re.compile(r"(@sha256:[0-9a-f]{12})[0-9a-f]{52}")


@dataclass(frozen=True, slots=True)
class Cause:
    """One explanation, with the pod that shows it."""

    rank: int  # lower is more telling
    cause: str
    pod: str = ""
    state: str = ""
    log: tuple[str, ...] = ()


def diagnose(deployment: Deployment, pods: Sequence[Pod]) -> Cause:
    """The most telling cause. There is always one, if only that time ran out."""
    fallback = Cause(9, "the pods made no progress in time")
    return next(iter(causes(deployment, pods)), fallback)


def causes(deployment: Deployment, pods: Sequence[Pod]) -> list[Cause]:
    """Most telling first; of pods that say the same the first. Empty where nothing shows one."""
    # a pod that waits shows its trouble; beside it another may just be trying again
    waiting_first = sorted(pods, key=lambda pod: not any(each.waiting for each in pod.containers))
    found = [cause for pod in waiting_first if not pod.terminating for cause in _of_pod(pod)]
    if deployment.replica_failure:
        found.append(Cause(0, f"a pod was refused: {deployment.replica_failure}"))
    first: dict[str, Cause] = {}
    for cause in sorted(found, key=lambda cause: cause.rank):
        first.setdefault(cause.cause, cause)
    return list(first.values())


def _of_pod(pod: Pod) -> list[Cause]:
    causes = [
        Cause(rank, cause, pod.name, state(pod), pod.log or _whole(container))
        for container in pod.containers
        for rank, cause in _of_container(container, pod.log)
    ]
    if pod.unschedulable:
        causes.append(Cause(3, f"no node takes the pod: {pod.unschedulable}", pod.name, state(pod)))
    probes = [event for event in pod.events if "probe failed" in event]
    if probes and not pod.ready:
        causes.append(Cause(4, probes[-1], pod.name, state(pod), pod.log))
    elif not causes and not pod.ready and pod.events:
        causes.append(Cause(5, pod.events[-1], pod.name, state(pod), pod.log))
    return causes


def _of_container(container: Container, log: Sequence[str]) -> list[tuple[int, str]]:
    match container.waiting:
        case _ if container.waiting in NO_IMAGE:
            return [(1, f"the image cannot be pulled: {_unwrapped(container)}")]
        case "CreateContainerConfigError" | "CreateContainerError":
            return [(1, f"the container cannot be made: {container.message}")]
        case _ if container.exit_reason == "OOMKilled":
            return [(2, f"container {container.name} used more memory than its limit")]
        case _ if container.exit_code:
            said = f": {log[-1]}" if log else ""
            return [(2, f"container {container.name} exits with code {container.exit_code}{said}")]
    return []


def _unwrapped(container: Container) -> str:
    """A pull's failure names the image in each of its layers: once is enough, and its digest's first digits."""
    image = DIGEST.sub(r"\1", container.image)
    cause = DIGEST.sub(r"\1", WRAPPINGS.sub("", container.message)).removeprefix(f"{image}: ")
    return f"{image}: {cause}" if cause and image not in cause else cause or image


def _whole(container: Container) -> tuple[str, ...]:
    """Of a message that its cause shortens."""
    return tuple(container.message.splitlines()) if container.waiting in NO_IMAGE else ()


def state(pod: Pod) -> str:
    """What kubectl would show as its status."""
    for container in pod.containers:
        if container.waiting:
            return container.waiting
    if pod.terminating:
        return "Terminating"
    return pod.phase if pod.ready or pod.phase != "Running" else "Running, not ready"
