"""Runs commands as real processes, each in a process group of its own."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path

from shipway.commands.command import Command
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.shell import Finished, Listener

TAIL = 20  # lines of output that an error keeps
PATIENCE = 5.0  # seconds between asking a process group to end and ending it


class LocalShell:
    """Looks programs up in `path` first, then in the PATH it was started with. None of them sees the `hidden` variables."""

    def __init__(
        self,
        cwd: Path,
        path: Sequence[Path] = (),
        patience: float = PATIENCE,
        hidden: Collection[str] = (),
    ) -> None:
        self._cwd = cwd
        self._patience = patience
        self._hidden = hidden
        self._path = os.pathsep.join([*map(str, path), os.environ.get("PATH", os.defpath)])

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                cwd=self._cwd / command.cwd if command.cwd else self._cwd,
                env={**self._variables(), "PATH": self._path, **command.env},
                stdin=asyncio.subprocess.PIPE if command.stdin else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=16 * 2**20,
            )
        except FileNotFoundError as missing:
            raise ProgramMissing(command.argv[0]) from missing
        tail: deque[str] = deque(maxlen=TAIL)
        try:
            stdout, stderr, _ = await asyncio.gather(
                _drain(process.stdout, tail, listen),
                _drain(process.stderr, tail, listen),
                _feed(process, command.stdin),
            )
            returncode = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process, self._patience)
        if returncode:
            raise CommandFailed(str(command), returncode, tuple(tail))
        return Finished(command, stdout, stderr)

    def _variables(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in self._hidden}


async def _drain(
    stream: asyncio.StreamReader | None, tail: deque[str], listen: Listener | None
) -> str:
    assert stream is not None
    lines = []
    async for raw in stream:
        line = raw.decode(errors="replace")
        lines.append(line)
        tail.append(line.rstrip("\r\n"))
        if listen:
            listen(line.rstrip("\r\n"))
    return "".join(lines)


async def _feed(process: asyncio.subprocess.Process, stdin: str | None) -> None:
    if process.stdin is None or stdin is None:
        return
    try:
        process.stdin.write(stdin.encode())
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended without reading: its exit code tells


async def _end(process: asyncio.subprocess.Process, patience: float) -> None:
    """The whole group: a test runner has children of its own."""
    _signal(process.pid, signal.SIGINT)
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), patience)
    except TimeoutError:
        pass
    finally:
        _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
