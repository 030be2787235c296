"""Is a rollout done, on its way, or doomed? Facts about a Deployment and its pods, and the judgement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from shipway.model import said


@dataclass(frozen=True, slots=True)
class Exit:
    """How one run of a container ended."""

    run: int  # the restarts before it
    code: int
    reason: str  # Error, OOMKilled, StartError, Completed


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
    exit_message: str = ""
    running: bool = False
    init: bool = False  # it has to end well before the others begin
    exits: tuple[Exit, ...] = ()  # all that we saw, oldest first

    @property
    def last_exit(self) -> Exit | None:
        if self.exit_code is None:
            return None
        run = self.restarts - 1 if self.running else self.restarts
        return Exit(run, self.exit_code, self.exit_reason)

    @property
    def crashed(self) -> bool:
        """Its last run ended, and not because it was done."""
        return self.exit_code is not None and not (self.init and self.exit_code == 0)


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the new revision."""

    name: str
    phase: str = "Pending"
    ready: bool = False
    terminating: bool = False
    unschedulable: str = ""  # the scheduler's words
    containers: tuple[Container, ...] = ()
    events: tuple[
        str, ...
    ] = ()  # what went wrong, oldest first: `Unhealthy: Readiness probe failed: …`
    log: tuple[str, ...] = field(default=(), repr=False)  # the last lines before it ended
    namespace: str = ""
    paths: tuple[tuple[str, str], ...] = ()  # that its probes ask for, by their kind
    given_up: str = ""  # why its node ended it: Evicted: …
    lasted: float = 0  # seconds for which we have seen it do what it does now
    left_over: bool = (
        False  # it was so before this rollout began, and may not have been tried again
    )


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
    replica_failure: str = ""  # quota or policy refused to create a pod of the new revision


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

    pod: str = ""  # that shows it; empty: no pod could be made


RESTARTS = 3  # that end alike, and the next would too
NEVER_STARTS = frozenset({"InvalidImageName", "ErrImageNeverPull"})
PULLS = frozenset({"ErrImagePull", "ImagePullBackOff"})


def judge(
    deployment: Deployment, pods: Sequence[Pod], patience: float = inf
) -> Done | Underway | Doomed:
    """Done when all wanted pods are new and available and no old one is left.

    `patience`, in seconds, is for a pod that no node takes: somebody may be adding one.
    """
    settled = deployment.observed >= deployment.generation
    old = deployment.replicas - deployment.updated
    if settled and old == 0 and deployment.updated == deployment.available == deployment.wanted:
        return Done(deployment.available)
    alive = [pod for pod in pods if not pod.terminating]
    if settled:  # before that, the newest pods we know may be those of the revision before
        for pod in alive:
            if not pod.left_over and _hopeless(pod, patience):
                return Doomed(pod.name)
        if _refused(deployment, alive):
            return Doomed()
    return Underway(sum(pod.ready for pod in alive), deployment.wanted, max(old, 0))


def _refused(deployment: Deployment, alive: Sequence[Pod]) -> bool:
    """Where some could be made, or old ones are on their way out, there will be room for more."""
    old = deployment.replicas - deployment.updated
    leaving = 0 < old < deployment.wanted
    return said.is_final_refusal(deployment.replica_failure) and not alive and not leaving


def _hopeless(pod: Pod, patience: float) -> bool:
    if pod.unschedulable:
        return pod.lasted >= patience
    return any(said.is_missing(event) for event in pod.events) or any(
        _never_starts(container) or _crashes_alike(container) for container in pod.containers
    )


def _never_starts(container: Container) -> bool:
    match container.waiting:
        case reason if reason in NEVER_STARTS:
            return True
        case reason if reason in PULLS:
            return said.is_final_pull(container.message, container.image)
        case "CreateContainerConfigError":
            return said.is_missing(container.message) or said.is_root_refusal(container.message)
    return False


def _crashes_alike(container: Container) -> bool:
    """An end that we did not see counts as like the others."""
    last = container.last_exit
    if last is None or container.waiting != "CrashLoopBackOff":
        return False
    different = [
        seen.run
        for seen in container.exits
        if (seen.code, seen.reason) != (last.code, last.reason) and seen.run < last.run
    ]
    return last.run - max(different, default=-1) - 1 >= RESTARTS
