"""What a client holds of a pod by `exec` and `attach`: a command beside a container, or the container's own output."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from secrets import token_hex

from drydock.node import ends
from drydock.node.pipes import Input, Output
from drydock.node.process import exit_code
from drydock.node.run import Run
from drydock.node.runtime import CannotStart, Process
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
            ends.resize(self._terminal, columns, rows)

    async def wait(self) -> int:
        return exit_code(await asyncio.shield(self._ended))

    async def close(self) -> None:
        self._following.cancel()
        self._kill()
        await asyncio.shield(self._ended)
        for output in self.outputs.values():
            output.close()
        if self._stdin:
            self._stdin.close()
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
    """A container's output from now on, both streams in one, as its log has them, and its stdin, if it has one.

    It ends with the container's run, or with the client's input where the container goes on to take others'.
    """

    def __init__(self, run: Run, streams: Streams) -> None:
        self._run = run
        self._takes_input = streams.stdin and run.stdin is not None
        self._tap = run.log.listen()
        self.outputs = {"stdout": self._tap}

    async def write(self, data: bytes) -> None:
        if self._takes_input and self._run.stdin:
            await self._run.stdin.write(data)

    def close_stdin(self) -> None:
        if not self._takes_input:
            return
        if self._run.takes_input_once:
            self._run.close_stdin()
        else:
            self._tap.end()

    def resize(self, columns: int, rows: int) -> None:
        if self._run.terminal is not None:
            ends.resize(self._run.terminal, columns, rows)

    async def wait(self) -> int:
        return 0

    async def close(self) -> None:
        self._run.log.let_go(self._tap)
        if self._takes_input and self._run.takes_input_once:
            self._run.close_stdin()


async def execute(run: Run, command: Sequence[str], streams: Streams) -> Command:
    """Raises Unavailable."""
    both = ends.of_command(streams)
    try:
        process = await run.exec(command, both.theirs, terminal=streams.terminal)
    except CannotStart as problem:
        both.close_ours()
        raise Unavailable(_kubelet_message(problem)) from problem
    except BaseException:
        both.close_ours()
        raise
    finally:
        both.close_theirs()
    ended = asyncio.ensure_future(process.wait())
    return Command(
        run,
        process,
        ended,
        stdin=None if both.stdin is None else Input(both.stdin),
        outputs={name: await Output.of(end, ended) for name, end in both.outputs.items()},
        terminal=both.terminal,
    )


def _kubelet_message(problem: CannotStart) -> str:
    """The runtime's words for a container that cannot start, said of a command."""
    cause = str(problem).partition("error during container init: ")[2] or str(problem)
    return (
        "Internal error occurred: error executing command in container: failed to exec in container: failed to start "
        f'exec "{token_hex(32)}": OCI runtime exec failed: exec failed: unable to start container process: {cause}: '
        "unknown"
    )
