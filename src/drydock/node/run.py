"""One run of a container: its process and output, its probes and hooks, its end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from drydock.node import ends, probes
from drydock.node.ends import Ends
from drydock.node.island import Island
from drydock.node.logs import Collector, Log
from drydock.node.pipe_end import PipeEnd
from drydock.node.pipes import Input
from drydock.node.process import exit_code, output_of
from drydock.node.pull import Tell
from drydock.node.runtime import Bundle, CannotStart, Process, Stdio
from drydock.resources import Object

_LEAST_GRACE = (
    2.0  # seconds that a process gets after its preStop hook has used up the grace period
)
_LAST_WORDS = 1.0  # seconds that output may still arrive after the process


class Listener(Protocol):
    """Hears how the run fares."""

    def probed(self, *, started: bool, ready: bool) -> None: ...


class Run:
    """Made by `begin`, when the process has been started."""

    def __init__(
        self,
        process: Process,
        ours: Ends,
        bundle: Bundle,
        container: Object,
        *,
        ip: str,
        island: Island | None,
        grace: float,
        log: Log,
        tell: Tell,
        listener: Listener,
    ) -> None:
        self.process = process
        self.log = log
        self.out_of_memory = False
        self.stdin: Input | None = None
        self.terminal = ours.terminal
        self._output = ours.outputs["stdout"]
        self._bundle = bundle
        self._container = container
        self._ip = ip
        self._island = island
        self._grace = grace
        self._tell = tell
        self._listener = listener
        self._tasks: set[asyncio.Task[object]] = set()
        # In one go with the start: a run that is cancelled before its first step still collects and concludes.
        self._collecting = asyncio.ensure_future(self._collect())

    @classmethod
    async def begin(
        cls,
        bundle: Bundle,
        container: Object,
        *,
        ip: str,
        island: Island | None,
        grace: float,
        log: Log,
        tell: Tell,
        listener: Listener,
    ) -> "Run":
        """Raises CannotStart. To be shielded: a process whose start was cancelled would be nobody's."""
        both = ends.of_container(container)
        try:
            process = await bundle.start(both.theirs)
        except BaseException:
            both.close_ours()
            log.close()
            raise
        finally:
            both.close_theirs()
        run = cls(
            process,
            both,
            bundle,
            container,
            ip=ip,
            island=island,
            grace=grace,
            log=log,
            tell=tell,
            listener=listener,
        )
        if both.stdin is not None:
            run.stdin = stdin = Input(both.stdin)
            run._collecting.add_done_callback(lambda _: stdin.close())
        return run

    async def wait(self) -> int:
        """Watch over the process until it has ended; its exit code. Cancelling this leaves the process alone."""
        self._begin(self._watch())
        try:
            return await self._end()
        finally:
            self._stop_watching()

    async def end(self, grace: float) -> int:
        """preStop, SIGTERM, and SIGKILL when `grace` seconds are over."""
        self._stop_watching()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        if self.process.returncode is None:
            await self._pre_stop(grace)
            left = max(deadline - loop.time(), _LEAST_GRACE if grace else 0)
            await self.process.end(left)
        return await self._end()

    def kill(self) -> None:
        self.process.signal(signal.SIGKILL)

    async def exec(self, command: Sequence[str], stdio: Stdio, *, terminal: bool) -> Process:
        """Start a command beside the process, in the same surroundings. `stdio` stays the caller's to close; with
        `terminal` its stdin is a terminal, which becomes the command's own. Raises CannotStart.
        """
        return await self._bundle.exec(command, stdio, terminal=terminal)

    @property
    def takes_input_once(self) -> bool:
        """The end of the first client's input is the end of all; but a terminal has no end."""
        return bool(self._container.get("stdinOnce")) and self.terminal is None

    def close_stdin(self) -> None:
        if self.stdin is not None:
            self.stdin.close()

    def last_words(self) -> str:
        """What the process left in its termination message."""
        return self._bundle.last_words()

    async def _end(self) -> int:
        code = exit_code(await self.process.wait())
        await asyncio.shield(self._collecting)
        return code

    async def _collect(self) -> None:
        loop = asyncio.get_running_loop()
        transport, output = await loop.connect_read_pipe(
            lambda: Collector(self.log), PipeEnd(self._output)
        )
        await self.process.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await asyncio.shield(output.done)
        transport.close()
        self.log.close()
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None

    # Probes and hooks

    async def _watch(self) -> None:
        hook = self._container.get("lifecycle", {}).get("postStart")
        if hook and (problem := await self._handle(hook, self._grace)):
            self._tell("FailedPostStartHook", f"PostStartHook failed: {problem}", "Warning")
            self._replace(
                f"Container {self._container['name']} failed post-start hook", self._grace
            )
            return
        startup = probes.Probe.of(self._container, "startup")
        if startup:
            await self._observe(startup, lambda healthy: self._started() if healthy else None)
        else:
            self._started()

    def _started(self) -> None:
        readiness = probes.Probe.of(self._container, "readiness")
        self._listener.probed(started=True, ready=readiness is None)
        if readiness:
            self._begin(
                self._observe(
                    readiness, lambda ready: self._listener.probed(started=True, ready=ready)
                )
            )
        if liveness := probes.Probe.of(self._container, "liveness"):
            self._begin(self._observe(liveness, lambda _: None))

    async def _observe(self, probe: probes.Probe, decided: Callable[[bool], None]) -> None:
        def failed(problem: str) -> None:
            self._tell("Unhealthy", f"{probe.kind.capitalize()} probe failed: {problem}", "Warning")

        def decide(verdict: bool) -> None:  # noqa: FBT001  # a callback of one word
            decided(verdict)
            if not verdict and probe.kind != "readiness":
                grace = probe.handler.get("terminationGracePeriodSeconds") or self._grace
                self._replace(
                    f"Container {self._container['name']} failed {probe.kind} probe, will be restarted",
                    grace,
                )

        ask = probes.check(probe, self._container, self._ip, self._island, self._execute)
        await probes.observe(probe, ask, decide, failed)

    async def _execute(self, command: Sequence[str], patience: float) -> str | None:
        try:
            code, output = await output_of(
                lambda stdio: self.exec(command, stdio, terminal=False), patience
            )
        except CannotStart as problem:
            return str(problem)
        if code is None:
            return f"command timed out: {' '.join(command)!r} timed out after {patience:g}s"
        return None if code == 0 else output.strip() or f"command exited with {code}"

    def _replace(self, why: str, grace: float) -> None:
        """End the process; whoever waits for it starts the next one."""
        self._tell("Killing", why)
        self._begin(self.process.end(grace))

    async def _pre_stop(self, grace: float) -> None:
        hook = self._container.get("lifecycle", {}).get("preStop")
        if not hook or not grace:
            return
        hooked = asyncio.ensure_future(self._handle(hook, grace))
        ended = asyncio.ensure_future(self.process.wait())
        await asyncio.wait((hooked, ended), timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if hooked.done() and (problem := hooked.result()):
            self._tell("FailedPreStopHook", f"PreStopHook failed: {problem}", "Warning")
        hooked.cancel()

    async def _handle(self, hook: Object, patience: float) -> str | None:
        if sleep := hook.get("sleep"):
            await asyncio.sleep(sleep["seconds"])
            return None
        if http := hook.get("httpGet"):
            return await probes.get(http, self._container, self._ip, self._island, patience)
        if command := (hook.get("exec") or {}).get("command"):
            return await self._execute(command, patience)
        return None

    def _begin(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop_watching(self) -> None:
        for task in self._tasks:
            task.cancel()
