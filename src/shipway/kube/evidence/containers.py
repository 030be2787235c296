"""Which logs there are to fetch: of pods in trouble first, and of containers that ever ran."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lightkube.models.core_v1 import ContainerStatus, PodSpec, PodStatus
from lightkube.resources.core_v1 import Pod


@dataclass(frozen=True, slots=True)
class Log:
    """Of one container's run, the latest or the one before it."""

    pod: str
    container: str
    previous: bool = False
    never: str = ""  # why there is none: the container did not start yet

    @property
    def file(self) -> str:
        return f"logs/{self.pod}.{self.container}{'.previous' if self.previous else ''}.log"


def logs(pod: Pod) -> Iterator[Log]:
    name, spec, status = name_of(pod), pod.spec, pod.status
    statuses = {each.name: each for each in _statuses(status or PodStatus())}
    for container in _names(spec) if spec else ():
        found = statuses.get(container)
        yield Log(name, container, never=_never(found))
        if found and (found.restartCount or (found.lastState and found.lastState.terminated)):
            yield Log(name, container, previous=True)


def troubled_first(pods: Sequence[Pod]) -> list[Pod]:
    return sorted(pods, key=lambda pod: (_content(pod.status or PodStatus()), name_of(pod)))


def name_of(pod: Pod) -> str:
    return (pod.metadata and pod.metadata.name) or ""


def _content(status: PodStatus) -> bool:
    conditions = {each.type: each.status for each in status.conditions or []}
    return conditions.get("Ready") == "True" or status.phase == "Succeeded"


def _names(spec: PodSpec) -> Iterator[str]:
    """In the order in which they start."""
    for container in (*(spec.initContainers or ()), *spec.containers):
        yield container.name
    for guest in spec.ephemeralContainers or ():
        yield guest.name


def _statuses(status: PodStatus) -> Iterator[ContainerStatus]:
    yield from status.initContainerStatuses or ()
    yield from status.containerStatuses or ()
    yield from status.ephemeralContainerStatuses or ()


def _never(found: ContainerStatus | None) -> str:
    if found is None:
        return "the container was not made yet"
    state, last = found.state, found.lastState
    if (state and (state.running or state.terminated)) or (last and last.terminated):
        return ""
    waiting = (state.waiting.reason if state and state.waiting else None) or "it waits"
    return f"the container never started: {waiting}"
