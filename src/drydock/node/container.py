"""One container's life: its image, its runs, the rests between them, and its end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from secrets import token_hex
from typing import Literal

from drydock import quantities
from drydock.node import clock
from drydock.node.back_off import BackOff, duration
from drydock.node.context import PodContext
from drydock.node.environment import ConfigError, environment
from drydock.node.images import Image
from drydock.node.logs import Log, tail
from drydock.node.pull import pull
from drydock.node.refused import Refused
from drydock.node.run import Run
from drydock.node.runtime import Bundle, CannotStart
from drydock.node.security import root_refusal
from drydock.node.status import Container, Running, State, Terminated, Waiting
from drydock.resources import Object

Policy = Literal["Always", "OnFailure", "Never"]

_NOTICED = 1.0  # seconds that ErrImagePull is shown before ImagePullBackOff, as between two syncs of a kubelet


class ContainerRunner:
    """Keeps a container as its pod wants it. `facts` always tells how it is; `changed` is called when that changes."""

    def __init__(
        self,
        context: PodContext,
        spec: Object,
        facts: Container,
        policy: Policy,
        changed: Callable[[], None],
        *,
        field: str,
    ) -> None:
        self.spec = spec
        self.facts = facts
        self.current: Run | None = None
        self._context = context
        self._policy = policy
        self._changed = changed
        self._field = f"{field}{{{spec['name']}}}"
        self._crashes = BackOff(context.schedule, eager=True)
        self._began = 0.0
        self._lasted = 0.0
        self._started = asyncio.Event()
        self._starting: asyncio.Future[Run | None] | None = None

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def succeeded(self) -> bool:
        state = self.facts.state
        return isinstance(state, Terminated) and state.exit_code == 0

    @property
    def memory_limit(self) -> Decimal | None:
        """Bytes."""
        limit = self.spec.get("resources", {}).get("limits", {}).get("memory")
        return None if limit is None else quantities.parse(limit)

    async def started(self) -> None:
        """Returns when the startup probe has succeeded, or the process runs where there is none."""
        await self._started.wait()

    async def run(self) -> None:
        """Returns when the container has ended for good. Cancelling it leaves a running process to `stop`."""
        while self._wants_to_run():
            image = await self._image()
            bundle = await self._prepared(image)
            await self._rest()
            await asyncio.sleep(self._context.mishaps.start_delay(self._context.pod))
            self._number_next_run(image)
            self._starting = asyncio.ensure_future(self._start(bundle))
            if run := await asyncio.shield(self._starting):
                self._conclude(run, await run.wait())

    async def stop(self, grace: float) -> None:
        """End what runs, or is being started; call it after `run` was cancelled."""
        if self._starting:
            await asyncio.wait((self._starting,))
        if run := self.current:
            self.tell("Killing", f"Stopping container {self.name}")
            self._conclude(run, await run.end(grace))

    def kill(self, *, out_of_memory: bool = False) -> None:
        if self.current:
            self.current.out_of_memory |= out_of_memory
            self.current.kill()

    def probed(self, *, started: bool, ready: bool) -> None:
        self._become(self.facts.state, started=started, ready=ready)
        if started:
            self._started.set()

    def tell(
        self, reason: str, message: str, type_: Literal["Normal", "Warning"] = "Normal"
    ) -> None:
        self._context.event(reason, message, type_, field=self._field)

    def _wants_to_run(self) -> bool:
        if not isinstance(self.facts.state, Terminated):
            return True
        return self._policy == "Always" or (self._policy == "OnFailure" and not self.succeeded)

    def _become(self, state: State, *, started: bool = False, ready: bool = False) -> None:
        facts = replace(self.facts, state=state, started=started, ready=ready)
        if facts != self.facts:
            self.facts = facts
            self._changed()

    def _wait_because(self, reason: str, message: str) -> None:
        """The end of the run before moves to `lastState`."""
        if isinstance(self.facts.state, Terminated):
            self.facts = replace(self.facts, last_state=self.facts.state)
        self._become(Waiting(reason, message))

    async def _image(self) -> Image:
        name = self.spec["image"]
        failures = BackOff(self._context.schedule, eager=False)
        while True:
            try:
                return await pull(self._context.images, self.spec, self.tell, self._context.mishaps)
            except Refused as refused:
                self.tell("Failed", f"Error: {refused.reason}", "Warning")
                self._wait_because(refused.reason, refused.message)
                if refused.reason != "ErrImagePull":
                    await asyncio.Event().wait()  # nothing changes before the pod is deleted
                rest = failures.rest(0)
                noticed = min(_NOTICED, rest / 2)
                await asyncio.sleep(noticed)
                resting = f'Back-off pulling image "{name}"'
                self.tell("BackOff", resting)
                self.tell("Failed", "Error: ImagePullBackOff", "Warning")
                self._wait_because(
                    "ImagePullBackOff", f"{resting}: ErrImagePull: {refused.message}"
                )
                await asyncio.sleep(rest - noticed)

    async def _prepared(self, image: Image) -> Bundle:
        while True:
            try:
                return self._prepare(image)
            except Refused as refused:
                self.tell("Failed", f"Error: {refused.message}", "Warning")
                self._wait_because(refused.reason, refused.message)
                await self._context.configs_changed()

    def _prepare(self, image: Image) -> Bundle:
        context = self._context
        if refusal := root_refusal(context.pod, self.spec, image.user, context.full_name):
            raise Refused("CreateContainerConfigError", refusal)
        try:
            env = environment(self.spec, context.downward, context.configs)
        except ConfigError as problem:
            raise Refused("CreateContainerConfigError", str(problem)) from problem
        return context.sandbox.bundle(image, self.spec, env, self._next_restart)

    async def _rest(self) -> None:
        """Between two runs. The first restart is immediate, the rest before the next is ever longer."""
        if not isinstance(self.facts.state, Terminated) and not self.facts.last_state:
            return
        rest = self._crashes.rest(self._lasted)
        if not rest:
            return
        pod = self._context.full_name
        self.tell(
            "BackOff", f"Back-off restarting failed container {self.name} in pod {pod}", "Warning"
        )
        self._wait_because(
            "CrashLoopBackOff",
            f"back-off {duration(round(rest))} restarting failed container={self.name} pod={pod}",
        )
        await asyncio.sleep(rest)

    async def _start(self, bundle: Bundle) -> Run | None:
        context = self._context
        try:
            run = await Run.begin(
                bundle,
                self.spec,
                ip=context.ip,
                island=context.sandbox.island,
                grace=context.grace,
                log=Log(self._context.log_path(self.name, self.facts.restart_count)),
                tell=self.tell,
                listener=self,
            )
        except CannotStart as problem:
            self.tell("Failed", f"Error: {problem}", "Warning")
            now = clock.now()
            self._become(
                Terminated(128, "StartError", now, now, str(problem), self.facts.container_id)
            )
            return None
        self.current = run
        self._began = time.monotonic()
        self.tell("Created", "Container created")
        self.tell("Started", "Container started")
        self._become(Running(clock.now()))
        return run

    @property
    def _former(self) -> Terminated | None:
        state = self.facts.state
        return state if isinstance(state, Terminated) else self.facts.last_state

    @property
    def _next_restart(self) -> int:
        return self.facts.restart_count + (1 if self._former else 0)

    def _number_next_run(self, image: Image) -> None:
        restart = self._next_restart
        self._context.log_path(self.name, restart - 2).unlink(missing_ok=True)
        self.facts = replace(
            self.facts,
            last_state=self._former,
            restart_count=restart,
            image_id=image.id,
            container_id=f"drydock://{token_hex(32)}",
        )

    def _conclude(self, run: Run, code: int) -> None:
        self.current = None
        self._lasted = time.monotonic() - self._began
        state = self.facts.state
        assert isinstance(state, Running)
        reason = "OOMKilled" if run.out_of_memory else "Error" if code else "Completed"
        message = run.last_words() or (self._last_lines() if code else "")
        self._become(
            Terminated(
                code, reason, state.started_at, clock.now(), message, self.facts.container_id
            )
        )

    def _last_lines(self) -> str:
        """What stands for the termination message of a failed run, where the container wants that."""
        if self.spec.get("terminationMessagePolicy") != "FallbackToLogsOnError":
            return ""
        return tail(self._context.log_path(self.name, self.facts.restart_count), 80, 2048)
