"""Follows a rollout to its end, and says why when it ends badly."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import httpx2
from lightkube import AsyncClient

from shipway.errors import ShipwayError
from shipway.kube import watch, workload
from shipway.kube.contact import Contact, OutOfTouch
from shipway.kube.workload import Workload
from shipway.model.diagnosis import Cause, diagnose
from shipway.model.progress import CREATED, changes, doing, fallen, followed, left_over, troubles
from shipway.model.rollout import Deployment, Done, Doomed, Pod, Underway, judge

NOTHING = Workload(Deployment(""), (), "", {})
PATIENCE = 0.5  # of the time that a rollout has: for a pod that no node takes. An autoscaler's machine needs
# less than a minute, and its pod needs the rest to get its image and to start
LEFT_OVER = 20.0  # seconds for what failed before to be tried again; a kubelet does so every ten
UNMOUNTED = 3.0  # seconds of being created after which a pod's events are read: they alone tell of its volumes
EVIDENCE = 10.0  # seconds
FEW, MANY = 3, 10  # pods that are asked for more: those of one revision fail alike
More = Callable[[AsyncClient, str, Sequence[Pod]], Awaitable[tuple[Pod, ...]]]


@dataclass(eq=False)
class RolloutFailed(ShipwayError):
    """The pods that should serve do not. What served before still does."""

    environment: str
    namespace: str
    ready: int
    wanted: int
    seconds: int | None  # the time it was given; None where waiting would not have helped
    cause: Cause
    look: str  # the command that shows the pods

    @property
    def problem(self) -> str:
        late = f" within {self.seconds} s" if self.seconds is not None else ""
        return f"{self.environment}: {self.ready} of {self.wanted} pods became ready{late}: {self.cause.cause}"

    @property
    def details(self) -> tuple[str, ...]:
        if not self.cause.pod:
            return ()
        where = f"pod {self.cause.pod} in namespace {self.namespace}: {self.cause.state}"
        return (where, *(f"  {line}" for line in self.cause.log))

    @property
    def remedy(self) -> str:
        return f"shipway rollback {self.environment}, or look closer: {self.look}"


@dataclass(eq=False)
class DidNotLast(RolloutFailed):
    """The pods became ready, and ended soon after."""

    @property
    def problem(self) -> str:
        return (
            f"{self.environment}: {self.ready} of {self.wanted} pods stayed ready: "
            f"{self.cause.cause}"
        )


@dataclass(eq=False)
class WatchLost(ShipwayError):
    """What becomes of the rollout is not known: the cluster goes on with it, and we do not see it."""

    environment: str
    lost: OutOfTouch
    look: str

    @property
    def problem(self) -> str:
        lost = self.lost
        return (
            f"{self.environment}: what becomes of the rollout is not known: "
            f"{lost.trouble}, for {lost.seconds:.0f} s now"
        )

    @property
    def remedy(self) -> str:
        return f"when it answers again, the same command once more; what runs now: {self.look}"


def _silent(_line: str) -> None:
    """Nobody asked for the lines."""


async def follow(
    client: AsyncClient,
    environment: str,
    namespace: str,
    name: str,
    *,
    timeout_seconds: int,
    look: str,
    progress: Callable[[str], None],
    line: Callable[[str], None] = _silent,
    before: Workload | None = None,
) -> Workload:
    """Until all wanted pods serve. RolloutFailed when the time is over or when waiting would not help.

    `line` is told what each pod does. `before` is what was there when the rollout began: a pod that failed then
    gets the time to be tried again. WatchLost when the API has been in trouble for too long.
    """
    watching = _Watching(client, namespace, name, Contact(progress), progress, line, before)
    seconds: int | None = timeout_seconds
    doomed: str | None = None
    try:
        async with asyncio.timeout(timeout_seconds), watch.changes(client, namespace) as bell:
            verdict = await watching.verdict(bell, timeout_seconds * PATIENCE)
        if isinstance(verdict, Done):
            return watching.found
        seconds, doomed = None, verdict.pod
    except TimeoutError:
        if lost := watching.contact.lost:  # what we saw last is too old to blame a pod
            raise WatchLost(environment, lost, look) from lost
    except OutOfTouch as lost:
        raise WatchLost(environment, lost, look) from lost
    pods = await watching.evidence(doomed)
    deployment = watching.found.deployment
    raise RolloutFailed(
        environment=environment,
        namespace=namespace,
        ready=watching.found.ready,
        wanted=deployment.wanted,
        seconds=seconds,
        cause=_cause(deployment, name, pods, doomed),
        look=look,
    )


async def lasts(
    client: AsyncClient, environment: str, namespace: str, before: Workload, *, look: str
) -> None:
    """DidNotLast where a container of the new pods has ended since they were seen as `before`."""
    found = await workload.look(client, namespace, before.deployment.name)
    down = fallen(found.pods, before.pods) if found else ()
    if not found or not down:
        return
    names = {pod.name for pod in down}
    shown = [replace(pod, ready=False) for pod in await workload.evidence(client, namespace, down)]
    raise DidNotLast(
        environment=environment,
        namespace=namespace,
        ready=sum(pod.ready for pod in found.pods if pod.name not in names),
        wanted=found.deployment.wanted,
        seconds=None,
        cause=diagnose(found.deployment, shown),
        look=look,
    )


def _cause(deployment: Deployment, name: str, pods: Sequence[Pod], doomed: str | None) -> Cause:
    if not deployment.name:
        return Cause(0, f"there is no Deployment {name}")
    return diagnose(deployment, pods, doomed)


@dataclass(slots=True)
class _Watching:
    """What was seen so far."""

    client: AsyncClient
    namespace: str
    name: str
    contact: Contact
    progress: Callable[[str], None]
    line: Callable[[str], None]
    before: Workload | None
    found: Workload = NOTHING
    began: float = field(default_factory=time.monotonic)
    looked: float = 0.0

    async def verdict(self, bell: watch.Bell, patience: float) -> Done | Doomed:
        while True:
            found = await self.contact.ask(
                lambda: workload.look(self.client, self.namespace, self.name)
            )
            if found is None:
                self.found = NOTHING
                return Doomed()
            await self._remember(found)
            verdict = judge(self.found.deployment, self.found.pods, patience)
            if not isinstance(verdict, Underway):
                return verdict
            trouble = troubles(self.found.pods)
            self.progress(f"{verdict}; {trouble}" if trouble else str(verdict))
            await bell.wait()

    async def _remember(self, found: Workload) -> None:
        now, pods = time.monotonic(), found.pods
        if self.before and now - self.began < LEFT_OVER:
            pods = left_over(pods, self.before.pods)
        pods = followed(pods, self.found.pods, now - self.looked)
        for text in changes(self.found.pods, pods):
            self.line(text)
        self.found, self.looked = replace(found, pods=pods), now
        creating = [pod for pod in pods if pod.lasted >= UNMOUNTED and doing(pod) == CREATED]
        if creating:
            await self._learn(workload.warnings, creating[:FEW])

    async def evidence(self, doomed: str | None) -> tuple[Pod, ...]:
        """All pods; of those that are not ready what more could be learnt, of the doomed one first."""
        waiting = [pod for pod in self.found.pods if not pod.ready and not pod.terminating]
        waiting.sort(key=lambda pod: pod.name != doomed)
        await self._learn(workload.evidence, waiting[:MANY])
        return self.found.pods

    async def _learn(self, more: More, pods: Sequence[Pod]) -> None:
        """Where we may not look, or the API is in trouble, they stay as they are."""
        try:
            async with asyncio.timeout(EVIDENCE):
                told = await self.contact.ask(lambda: more(self.client, self.namespace, pods))
        except (TimeoutError, OutOfTouch, httpx2.HTTPStatusError):
            return
        known = {pod.name: pod for pod in told}
        all_of_them = tuple(known.get(pod.name, pod) for pod in self.found.pods)
        self.found = replace(self.found, pods=all_of_them)
