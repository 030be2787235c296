"""Follows a rollout to its end, and says why when it ends badly."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lightkube import AsyncClient

from shipway.errors import ShipwayError
from shipway.kube import watch, workload
from shipway.kube.workload import Workload
from shipway.model.diagnosis import Cause, diagnose
from shipway.model.rollout import Deployment, Done, Doomed, judge

GONE = Deployment("")


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


async def follow(
    client: AsyncClient,
    environment: str,
    namespace: str,
    name: str,
    *,
    timeout_seconds: int,
    look: str,
    progress: Callable[[str], None],
) -> Workload:
    """Until all wanted pods serve. RolloutFailed when the time is over or when waiting would not help."""
    found: Workload | None = None
    seconds: int | None = timeout_seconds
    try:
        async with asyncio.timeout(timeout_seconds), watch.changes(client, namespace) as bell:
            while True:
                found = await workload.look(client, namespace, name)
                verdict = judge(found.deployment, found.pods) if found else None
                if isinstance(verdict, Done) and found:
                    return found
                if isinstance(verdict, Doomed):
                    seconds = None
                    break
                if verdict is not None:
                    progress(str(verdict))
                await bell.wait()
    except TimeoutError:
        pass  # the diagnosis says why
    deployment, pods = (found.deployment, found.pods) if found else (GONE, ())
    shown = await workload.evidence(client, namespace, pods)
    raise RolloutFailed(
        environment=environment,
        namespace=namespace,
        ready=sum(pod.ready for pod in pods),
        wanted=deployment.wanted,
        seconds=seconds,
        cause=diagnose(deployment, shown),
        look=look,
    )
