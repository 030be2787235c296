"""Processes of pods: started, waited for and ended, each leading a group of its own.

Why no parent-death signal: Linux sends it to the leader alone, and setting it needs code between fork and exec (slow,
and unsafe beside threads) or a launcher. A watchdog ends whole groups, everywhere, and costs one sleeping shell.
"""

import asyncio
import contextlib
import os
import signal
import subprocess  # noqa: TID251  # this is the node's one place that starts processes
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from drydock.node.ending import ended_in
from drydock.node.launch import Launch
from drydock.node.ledger import MARK, Ledger
from drydock.node.pipe_end import PipeEnd
from drydock.node.runtime import CannotStart, Process, Stdio

_WATCHDOG = 'read -r _; exec "$@"'  # `read` returns when drydock's end of the pipe closes


class ProcessGroup:
    """A running process group. It has ended when its leader has; whoever is left of the group is ended then."""

    def __init__(self, process: subprocess.Popen[bytes], on_end: Callable[[int], None]) -> None:
        self.pid = process.pid
        self._process = process
        self._on_end = on_end
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._watch()

    @property
    def returncode(self) -> int | None:
        """Negative: the signal that ended it."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def end(self, grace: float) -> int:
        """SIGTERM to the group, and SIGKILL when it has not ended after `grace` seconds."""
        return await ended_in(self, grace)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        if not hasattr(os, "pidfd_open"):  # macOS
            waiting = loop.run_in_executor(None, self._process.wait)
            waiting.add_done_callback(lambda _: self._finish())
            return
        pidfd = os.pidfd_open(self.pid)

        def ended() -> None:
            loop.remove_reader(pidfd)
            os.close(pidfd)
            self._finish()

        loop.add_reader(pidfd, ended)

    def _finish(self) -> None:
        # Before the leader is waited for: until then nobody else can get its number.
        self.signal(signal.SIGKILL)
        returncode = self._process.wait()
        self._on_end(self.pid)
        if not self._ended.done():
            self._ended.set_result(returncode)


class Processes:
    """Starts processes, and sees to it that none outlives us."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = Ledger(folder)
        self._watchdog: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """End what a former life left behind (how many processes that was) and set the watchdog."""
        orphans = self._ledger.reap()
        self._watchdog = subprocess.Popen(  # noqa: S603  # our own program
            [
                "/bin/sh",
                "-c",
                _WATCHDOG,
                "drydock-watchdog",
                sys.executable,
                "-m",
                "drydock.node.ledger",
                str(self._folder),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return orphans

    def stop(self) -> None:
        """End what still runs, and let the watchdog go."""
        self._ledger.reap()
        if self._watchdog is None:
            return
        self._watchdog.kill()
        self._watchdog.wait()
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.close()
        self._watchdog = None

    def spawn(
        self, launch: Launch, pod: str, stdio: Stdio, *, keep: Sequence[int] = ()
    ) -> ProcessGroup:
        """The descriptors of `keep` are the process's, too, under the same numbers. Raises CannotStart."""
        try:
            process = subprocess.Popen(  # noqa: S603  # running what a pod says is this module's purpose
                launch.argv,
                env={**launch.env, MARK: pod},
                cwd=launch.cwd,
                stdin=stdio.stdin,
                stdout=stdio.stdout,
                stderr=stdio.stderr,
                start_new_session=True,
                pass_fds=keep,
            )
        except OSError as problem:
            raise CannotStart(cannot_start(launch.argv[0], problem)) from problem
        self._ledger.add(process.pid, pod)
        return ProcessGroup(process, self._ledger.remove)


def cannot_start(name: str, problem: OSError) -> str:
    """A container runtime's words for a program that could not be executed."""
    if isinstance(problem, FileNotFoundError) and "/" not in name:
        cause = "executable file not found in $PATH"
    else:
        cause = (problem.strerror or str(problem)).lower()
    return (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
        f'unable to start container process: error during container init: exec: "{name}": {cause}'
    )


def exit_code(returncode: int) -> int:
    """As a shell and Kubernetes count: 128 plus the signal."""
    return 128 - returncode if returncode < 0 else returncode


async def output_of(
    start: Callable[[Stdio], Awaitable[Process]], patience: float, limit: int = 10_240
) -> tuple[int | None, str]:
    """Exit code and output of a short-lived command; the code is None when `patience` seconds did not suffice."""
    read, write = os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        process = await start(Stdio(nothing, write, write))
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(nothing)
        os.close(write)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), PipeEnd(read)
    )
    try:
        async with asyncio.timeout(patience):
            code: int | None = await process.wait()
    except TimeoutError:
        code = None
    finally:
        process.signal(signal.SIGKILL)
    try:
        async with asyncio.timeout(1):
            output = await reader.read(limit)
    except TimeoutError:
        output = b""
    finally:
        transport.close()
    return code, output.decode(errors="replace")
