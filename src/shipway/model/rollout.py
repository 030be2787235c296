"""Is a rollout done, on its way, or doomed? Facts about a Deployment and its pods, and the judgement."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Container:
    """One container as its pod's status tells it."""

    name: str
    image: str
    ready: bool = False
    restarts: int = 0
    waiting: str = ""  # the reason: ImagePullBackOff, CrashLoopBackOff, …
    message: str = ""
    exit_code: int | None = None  # of the last run that ended
    exit_reason: str = ""  # Error, OOMKilled, Completed


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the new revision."""

    name: str
    phase: str = "Pending"
    ready: bool = False
    terminating: bool = False
    unschedulable: str = ""  # the scheduler's words
    containers: tuple[Container, ...] = ()
    events: tuple[str, ...] = ()  # warnings, oldest first: `Unhealthy: Readiness probe failed: …`
    log: tuple[str, ...] = field(default=(), repr=False)  # the last lines before it ended


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Deployment's wish and state, as `kubectl rollout status` reads them."""

    name: str
    generation: int = 0
    observed: int = 0
    wanted: int = 0
    updated: int = 0
    replicas: int = 0
    ready: int = 0
    available: int = 0
    deadline_exceeded: bool = False
    replica_failure: str = ""  # quota or policy refused to create a pod


@dataclass(frozen=True, slots=True)
class Done:
    ready: int


@dataclass(frozen=True, slots=True)
class Underway:
    ready: int
    wanted: int
    old: int

    def __str__(self) -> str:
        leaving = f", {self.old} of the old leaving" if self.old else ""
        return f"{self.ready} of {self.wanted} new pods ready{leaving}"


@dataclass(frozen=True, slots=True)
class Doomed:
    """Waiting longer would not help."""


NEVER_STARTS = frozenset(
    {
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImagePullBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
    }
)
RESTARTS = 1  # a container that is held back after a restart has crashed twice: no accident


def judge(deployment: Deployment, pods: Sequence[Pod]) -> Done | Underway | Doomed:
    """Done when all wanted pods are new and available and no old one is left."""
    settled = deployment.observed >= deployment.generation
    old = deployment.replicas - deployment.updated
    if settled and old == 0 and deployment.updated == deployment.available == deployment.wanted:
        return Done(deployment.available)
    if settled and (deployment.deadline_exceeded or deployment.replica_failure):
        return Doomed()
    if any(_hopeless(pod) for pod in pods):
        return Doomed()
    ready = sum(pod.ready and not pod.terminating for pod in pods)
    return Underway(ready, deployment.wanted, max(old, 0))


def _hopeless(pod: Pod) -> bool:
    return any(
        container.waiting in NEVER_STARTS
        or (container.waiting == "CrashLoopBackOff" and container.restarts >= RESTARTS)
        for container in pod.containers
    )
