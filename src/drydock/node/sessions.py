"""What a client holds of a pod by `exec` and `attach`: a command beside a container, or the container's own output."""

import asyncio
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

from drydock.node.logs import Log
from drydock.node.pipes import Input, Output
from drydock.node.process import exit_code
from drydock.node.run import Run
from drydock.node.runtime import CannotStart, Process, Stdio
from drydock.sessions import Streams, Unavailable


class Command:
    """Runs as long as its client listens and its container runs, and not longer."""

    def __init__(
        self,
        run: Run,
        process: Process,
        ended: asyncio.Future[int],
        *,
        stdin: Input | None,
        outputs: Mapping[str, Output],
        terminal: int | None,
    ) -> None:
        self.outputs = outputs
        self._process = process
        self._ended = ended
        self._stdin = stdin
        self._terminal = terminal
        self._following = asyncio.create_task(self._follow(run))

    async def write(self, data: bytes) -> None:
        if self._stdin:
            await self._stdin.write(data)

    def close_stdin(self) -> None:
        """A terminal has no end: whoever reads it is told by a key."""
        if self._stdin and self._terminal is None:
            self._stdin.close()

    def resize(self, columns: int, rows: int) -> None:
        if self._terminal is not None:
            fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    async def wait(self) -> int:
        return exit_code(await asyncio.shield(self._ended))

    async def close(self) -> None:
        self._following.cancel()
        self._kill()
        await asyncio.shield(self._ended)
        for output in self.outputs.values():
            output.close()
        if self._stdin:
            self._stdin.abort()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    async def _follow(self, run: Run) -> None:
        await run.process.wait()
        self._kill()

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.signal(signal.SIGKILL)


class Attachment:
    """A container's output from now on, both streams in one, as its log has them. It ends with the container's run."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tap = log.listen()
        self.outputs = {"stdout": self._tap}

    async def write(self, data: bytes) -> None:
        """Containers have no stdin."""

    def close_stdin(self) -> None:
        pass

    def resize(self, columns: int, rows: int) -> None:
        """Containers have no terminal."""

    async def wait(self) -> int:
        return 0

    async def close(self) -> None:
        self._log.let_go(self._tap)


async def execute(run: Run, command: Sequence[str], streams: Streams) -> Command:
    """Raises Unavailable."""
    ends = _terminal() if streams.terminal else _pipes(streams)
    try:
        process = await run.exec(command, ends.theirs, terminal=streams.terminal)
    except CannotStart as problem:
        ends.close_ours()
        raise Unavailable(_kubelet_message(problem)) from problem
    except BaseException:
        ends.close_ours()
        raise
    finally:
        ends.close_theirs()
    ended = asyncio.ensure_future(process.wait())
    return Command(
        run,
        process,
        ended,
        stdin=None if ends.stdin is None else await Input.of(ends.stdin),
        outputs={name: await Output.of(end, ended) for name, end in ends.outputs.items()},
        terminal=ends.terminal,
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both sides of a command's streams."""

    theirs: Stdio
    stdin: int | None
    outputs: Mapping[str, int]
    terminal: int | None = None

    def close_theirs(self) -> None:
        for end in {self.theirs.stdin, self.theirs.stdout, self.theirs.stderr}:
            os.close(end)

    def close_ours(self) -> None:
        for end in (self.stdin, self.terminal, *self.outputs.values()):
            if end is not None:
                os.close(end)


def _terminal() -> _Ends:
    """All three streams are the terminal, whatever the client listens to."""
    ours, theirs = os.openpty()
    return _Ends(Stdio(theirs, theirs, theirs), os.dup(ours), {"stdout": os.dup(ours)}, ours)


def _pipes(streams: Streams) -> _Ends:
    """What the client does not want is nothing, and swallowed."""
    nothing = os.open(os.devnull, os.O_RDWR)
    stdin, to_stdin = os.pipe() if streams.stdin else (os.dup(nothing), None)
    outputs: dict[str, int] = {}
    theirs: list[int] = []
    for name, wanted in (("stdout", streams.stdout), ("stderr", streams.stderr)):
        if wanted:
            outputs[name], end = os.pipe()
        else:
            end = os.dup(nothing)
        theirs.append(end)
    os.close(nothing)
    return _Ends(Stdio(stdin, *theirs), to_stdin, outputs)


def _kubelet_message(problem: CannotStart) -> str:
    """The runtime's words for a container that cannot start, said of a command."""
    cause = str(problem).partition("error during container init: ")[2] or str(problem)
    return (
        "Internal error occurred: error executing command in container: failed to exec in container: failed to start "
        f'exec "{token_hex(32)}": OCI runtime exec failed: exec failed: unable to start container process: {cause}: '
        "unknown"
    )
