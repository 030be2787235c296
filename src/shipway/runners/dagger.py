"""Runs a check in a container of the Dagger engine."""

import asyncio
import json
import shlex
import sys
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
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

    @property
    def where(self) -> str:
        return f"in {self._image} by Dagger"

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        if find_spec("dagger") is None:
            advice = f"pip install 'shipway[dagger]', {ELSEWHERE}"
            raise RunnerUnable("Dagger", "its Python SDK is not installed", advice)
        command = dagger.check(Path(sys.executable), json.dumps(self._request(argv, folder)))
        story = _Story(listen)
        try:
            async with asyncio.timeout(self._patience) as limit:
                story.when_ready = lambda: limit.reschedule(None)
                await self._shell.run(command, listen=story.hear)
        except CommandFailed as failed:
            raise DaggerFailed(f"exit code {failed.returncode}", tuple(story.other)) from failed
        except TimeoutError:
            reason = f"its engine is not ready after {self._patience:.0f} s"
            raise RunnerUnable("Dagger", reason, f"docker info, {ELSEWHERE}") from None
        story.judge(argv)

    def _request(self, argv: Sequence[str], folder: Path) -> dict[str, Any]:
        return {
            "image": self._image,
            "root": str(self._root),
            "requirements": [str(path) for path in self._requirements],
            "folder": str(folder),
            "argv": list(argv),
            "nonce": uuid.uuid4().hex,
        }


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
