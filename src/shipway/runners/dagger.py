"""Runs a check in a container of the Dagger engine."""

import asyncio
import json
import shlex
import sys
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shipway.commands import dagger
from shipway.errors import CommandFailed, ShipwayError
from shipway.runners.unable import ELSEWHERE, RunnerUnable
from shipway.shell.local import TAIL
from shipway.shell.shell import Listener, Shell


@dataclass(eq=False)
class DaggerFailed(ShipwayError):
    """The engine broke off: the check itself said neither yes nor no."""

    reason: str
    lines: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        return f"Dagger could not run the check to its end: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"run it again, {ELSEWHERE}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.lines


class DaggerRunner:
    """Each check has a session of its own, in a process of ours: importing the SDK takes a second that nobody waits for.

    `patience` is how many seconds engine, image and packages may take to be there; None for as long as it takes.
    """

    def __init__(
        self,
        shell: Shell,
        *,
        root: Path,
        image: str,
        requirements: Sequence[Path],
        patience: float | None = None,
    ) -> None:
        self._shell = shell
        self._root = root
        self._image = image
        self._requirements = requirements
        self._patience = patience
        self._trial: _Trial | None = None

    @property
    def where(self) -> str:
        return f"in {self._image} by Dagger"

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        """The first check finds out whether it works here. One that begins meanwhile gets ready, and waits for that."""
        if self._trial is None:
            with TemporaryDirectory(prefix="shipway-dagger-") as place:
                self._trial = _Trial(Path(place, "gate"))
                await self._try(self._trial, argv, folder, listen)
        elif not self._trial.over.done():
            await self._follow(self._trial, argv, folder, listen)
        elif unable := self._trial.over.result():
            raise unable
        else:
            await self._check(argv, folder, listen)

    async def _try(
        self, trial: "_Trial", argv: Sequence[str], folder: Path, listen: Listener
    ) -> None:
        unable = None
        try:
            await self._check(argv, folder, listen, ready=trial.succeeded)
        except RunnerUnable as error:
            unable = error
            raise
        finally:
            if not trial.over.done():
                trial.over.set_result(unable)
            if unable and trial.followers:
                await asyncio.wait(trial.followers)  # the gate stays until they are gone

    async def _follow(
        self, trial: "_Trial", argv: Sequence[str], folder: Path, listen: Listener
    ) -> None:
        check = asyncio.create_task(self._check(argv, folder, listen, gate=trial.gate))
        trial.followers.append(check)
        try:
            unable = await asyncio.shield(trial.over)
            if unable:
                raise unable
            await check
        finally:
            check.cancel()
            await asyncio.wait([check])

    async def _check(
        self,
        argv: Sequence[str],
        folder: Path,
        listen: Listener,
        *,
        ready: Callable[[], None] = lambda: None,
        gate: Path | None = None,
    ) -> None:
        """While there is a file `gate`, no engine is asked for anything."""
        if find_spec("dagger") is None:
            advice = f"pip install 'shipway[dagger]', {ELSEWHERE}"
            raise RunnerUnable("Dagger", "its Python SDK is not installed", advice)
        request = json.dumps(self._request(argv, folder, gate))
        story = _Story(listen)
        try:
            async with asyncio.timeout(self._patience) as limit:

                def when_ready() -> None:
                    limit.reschedule(None)
                    ready()

                story.when_ready = when_ready
                await self._shell.run(
                    dagger.check(Path(sys.executable), request), listen=story.hear
                )
        except CommandFailed as failed:
            raise DaggerFailed(f"exit code {failed.returncode}", tuple(story.other)) from failed
        except TimeoutError:
            reason = f"its engine is not ready after {self._patience:.0f} s"
            raise RunnerUnable("Dagger", reason, f"docker info, {ELSEWHERE}") from None
        story.judge(argv)

    def _request(self, argv: Sequence[str], folder: Path, gate: Path | None) -> dict[str, Any]:
        return {
            "image": self._image,
            "root": str(self._root),
            "requirements": [str(path) for path in self._requirements],
            "folder": str(folder),
            "argv": list(argv),
            "nonce": uuid.uuid4().hex,
            "gate": gate and str(gate),
        }


class _Trial:
    """Of the engine, by the first check: `over` is None where it is ready, else why this runner cannot be used."""

    def __init__(self, gate: Path) -> None:
        self.gate = gate
        self.over: asyncio.Future[RunnerUnable | None] = asyncio.get_running_loop().create_future()
        self.followers: list[asyncio.Task[None]] = []
        gate.touch()

    def succeeded(self) -> None:
        self.over.set_result(None)
        self.gate.unlink()


@dataclass(slots=True)
class _Story:
    """What the session's process tells, line by line."""

    listen: Listener
    when_ready: Any = None
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    other: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    end: dict[str, Any] | None = None

    def hear(self, text: str) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            event = None
        match event:
            case {"line": str(line)}:
                self.tail.append(line)
                self.listen(line)
            case {"ready": True}:
                self.when_ready()
            case {"exit": int()} | {"unable": str()} | {"failed": str()}:
                self.end = event
            case _:
                self.other.append(text)

    def judge(self, argv: Sequence[str]) -> None:
        match self.end:
            case {"exit": 0}:
                return
            case {"exit": int(code)}:
                raise CommandFailed(shlex.join(argv), code, tuple(self.tail))
            case {"unable": str(reason), "remedy": str(remedy), "lines": list(lines)}:
                raise RunnerUnable("Dagger", reason, f"{remedy}, {ELSEWHERE}", tuple(lines))
            case {"failed": str(reason)}:
                raise DaggerFailed(reason, tuple(self.tail))
            case _:
                raise DaggerFailed("it said nothing of an end", tuple(self.other))
