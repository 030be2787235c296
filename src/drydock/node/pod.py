"""One pod's life: volumes, init containers, containers, and its orderly end."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from drydock.home import Hindered
from drydock.node import clock, status
from drydock.node.addresses import Address
from drydock.node.container import ContainerRunner, Policy
from drydock.node.context import PodContext
from drydock.node.folders import discard
from drydock.node.island import Island
from drydock.node.runtime import CannotIsolate
from drydock.node.status import Container, Facts, Waiting
from drydock.node.volumes import CannotMount, materialise
from drydock.resources import PODS, Object
from drydock.store import Conflict, NotFound, Store
from drydock.timestamps import seconds_since

log = logging.getLogger(__name__)
_REST = 5.0  # seconds before another try to make a pod's surroundings


class Traffic(Protocol):
    """Carries what pods send and receive."""

    def admit(self, pod: Object, ip: str, island: Island) -> None: ...

    def expel(self, pod: Object) -> None: ...


class PodRunner:
    """Runs one pod and writes its status. `start` it, and `end` it when it is deleted."""

    def __init__(
        self,
        store: Store,
        context: PodContext,
        address: Address,
        traffic: Traffic,
        ended: Callable[["PodRunner"], None],
    ) -> None:
        """`ended` is called when a deleted pod is gone with all that it had."""
        self.context = context
        self._traffic = traffic
        self._store = store
        self._ended = ended
        self._grace = math.inf
        self._overdue = False
        self._surrounded = False
        self._address = address
        self._start_time = context.pod.get("status", {}).get("startTime") or clock.now()
        self._life: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None
        spec = context.pod["spec"]
        inits, mains = status.recall(context.pod.get("status", {}), clock.now())
        policy: Policy = spec.get("restartPolicy", "Always")
        waiting = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
        self._mains = [
            self._runner(c, mains, policy, "spec.containers", waiting) for c in spec["containers"]
        ]
        self._inits = [
            self._runner(
                c,
                inits,
                "Never" if policy == "Never" else "OnFailure",
                "spec.initContainers",
                waiting,
            )
            for c in spec.get("initContainers", ())
        ]

    def _runner(
        self, spec: Object, former: list[Container], policy: Policy, field: str, waiting: str
    ) -> ContainerRunner:
        name, image, sidecar = spec["name"], spec["image"], spec.get("restartPolicy") == "Always"
        known = next(
            (c for c in former if c.name == name), Container(name, image, Waiting(waiting))
        )
        facts = replace(known, image=image, sidecar=sidecar)
        if sidecar:
            policy = "Always"
        return ContainerRunner(self.context, spec, facts, policy, self.publish, field=field)

    @property
    def runners(self) -> list[ContainerRunner]:
        return [*self._inits, *self._mains]

    @property
    def groups(self) -> list[int]:
        """The numbers of the pod's living process groups."""
        return [r.current.process.pid for r in self.runners if r.current]

    def runner(self, container: str) -> ContainerRunner | None:
        return next((r for r in self.runners if r.name == container), None)

    def start(self) -> None:
        self._life = asyncio.create_task(self._live())
        self._life.add_done_callback(_tell_of_failure)

    def end(self, grace: float) -> None:
        """Begin the end; a later call with a shorter grace hastens it."""
        if self._end is None:
            self._end = asyncio.create_task(self._conclude(grace))
        elif grace < self._grace:
            asyncio.get_running_loop().call_later(grace, self.kill)
        self._grace = min(grace, self._grace)

    async def abandon(self, grace: float) -> None:
        """End the processes because drydock ends; the pod stays, and the next drydock runs it again."""
        if self._end is None:
            self._end = asyncio.create_task(self._stop(grace))
        else:
            asyncio.get_running_loop().call_later(grace, self.kill)
        await self._end

    def kill(self) -> None:
        for runner in self.runners:
            runner.kill()

    def publish(self) -> None:
        """Write the status, if the pod is still there."""
        metadata = self.context.pod["metadata"]
        stored = self._store.get(PODS, metadata["namespace"], metadata["name"])
        if stored is None or stored["metadata"]["uid"] != metadata["uid"]:
            return
        facts = Facts(
            self.context.ip,
            self._start_time,
            [r.facts for r in self._inits],
            [self._shown(r.facts) for r in self._mains],
            self._overdue,
            self._surrounded,
        )
        new = {**stored, "status": status.pod_status(stored, facts, clock.now())}
        self._store.update(PODS, new, subresource="status")

    def _shown(self, container: Container) -> Container:
        unready = container.ready and self.context.mishaps.unready(self.context.pod)
        return replace(container, ready=False) if unready else container

    async def _live(self) -> None:
        self.publish()
        try:
            async with asyncio.timeout(self._time_left()):
                await self._open()
                await self._mount()
                self._surrounded = True
                self.publish()
                await self._run()
        except TimeoutError:
            self.context.event("DeadlineExceeded", status.OVERDUE)
            self._overdue = True
            await asyncio.gather(*(runner.stop(self.context.grace) for runner in self._mains))
        await self._stop_inits(self.context.grace)
        await self._close()
        self.publish()

    async def _run(self) -> None:
        """Returns when the containers have ended for good; cancelling it leaves their processes."""
        sidecars: list[asyncio.Task[None]] = []
        try:
            if await self._initialise(sidecars):
                await asyncio.gather(*(runner.run() for runner in self._mains))
        finally:
            for sidecar in sidecars:
                sidecar.cancel()

    def _time_left(self) -> float | None:
        """Seconds; None for a pod that may be active for ever."""
        allowed = self.context.pod["spec"].get("activeDeadlineSeconds")
        if allowed is None:
            return None
        return float(allowed) - seconds_since(self._start_time, datetime.now(UTC))

    async def _open(self) -> None:
        context = self.context
        while True:
            try:
                await context.sandbox.open()
            except CannotIsolate as problem:
                context.event("FailedCreatePodSandBox", str(problem), "Warning")
                await asyncio.sleep(_REST)
            else:
                break
        if island := context.sandbox.island:
            self._traffic.admit(context.pod, context.ip, island)

    async def _close(self) -> None:
        self._surrounded = False
        if self.context.sandbox.island:
            self._traffic.expel(self.context.pod)
        await self.context.sandbox.close()
        self._address.release()

    async def _mount(self) -> None:
        context = self.context
        while True:
            try:
                materialise(
                    context.volumes,
                    context.pod,
                    context.downward,
                    context.configs,
                    context.sandbox.base,
                )
            except CannotMount as problem:
                context.event("FailedMount", str(problem), "Warning")
                await context.configs_changed()
            else:
                return

    async def _initialise(self, sidecars: list[asyncio.Task[None]]) -> bool:
        """One after the other; a sidecar goes on beside those that follow it."""
        for runner in self._inits:
            if runner.facts.sidecar:
                sidecars.append(asyncio.create_task(runner.run()))
                await runner.started()
                continue
            await runner.run()
            if not runner.succeeded:
                return False
        return True

    async def _conclude(self, grace: float) -> None:
        await self._stop(grace)
        await asyncio.to_thread(discard, self.context.folder)
        metadata = self.context.pod["metadata"]
        with contextlib.suppress(NotFound, Conflict):
            self._store.delete(
                PODS,
                metadata["namespace"],
                metadata["name"],
                grace_seconds=0,
                uid=metadata["uid"],
            )
        self._ended(self)

    async def _stop(self, grace: float) -> None:
        deadline = asyncio.get_running_loop().time() + grace
        if self._life:
            self._life.cancel()
            await asyncio.wait((self._life,))
        await asyncio.gather(*(runner.stop(grace) for runner in self._mains))
        left = deadline - asyncio.get_running_loop().time()
        await self._stop_inits(max(0, left))
        self.publish()
        await self._close()

    async def _stop_inits(self, grace: float) -> None:
        for runner in reversed(self._inits):
            await runner.stop(grace)


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    problem = None if task.cancelled() else task.exception()
    if problem and not isinstance(problem, Hindered):  # that the store itself tells
        log.error("a pod's task failed, which is a bug", exc_info=problem)
