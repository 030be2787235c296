"""drydock's end of the agent: questions and their answers, and the processes that the agent starts."""

import asyncio
import contextlib
import errno
import itertools
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import drydock
from drydock.node.blueprint import Blueprint, Program
from drydock.node.ending import ended_in, to_the_end
from drydock.node.isolation import packets
from drydock.node.launch import Launch
from drydock.node.process import Processes, cannot_start
from drydock.node.runtime import CannotIsolate, CannotStart, Process, Stdio

_BEGIN = "import sys; sys.path.append(sys.argv.pop(1)); from drydock.node.isolation.agent import main; main()"
_START = 20.0  # seconds for the agent to begin; it takes a tenth of one on an idle machine
_PATIENCE = 10.0  # seconds for it to answer while drydock stands still, and to end
_NO_ROOM = "drydock has too many open files"
_FILES = 65_536  # descriptors: every pod needs a handful


class _Refused(OSError):
    """What the agent says instead of an answer; `filename` is the program, where it is that which does not start."""

    @property
    def words(self) -> str:
        """A container runtime's."""
        if self.filename:
            return cannot_start(self.filename, OSError(self.errno, self.strerror))
        return f"failed to create containerd task: {self.strerror}"


@dataclass(frozen=True, slots=True)
class _Reply:
    descriptors: Sequence[int]
    process: "ContainedProcess | None"


def _launch(*words: str) -> Launch:
    """The agent, in an interpreter with nothing in it but the standard library and us."""
    source = Path(drydock.__file__).parents[1]
    return Launch((sys.executable, "-I", "-S", "-c", _BEGIN, str(source), *words), {}, Path("/"))


class ContainedProcess:
    """A program in a container. The first of a container takes all others with it."""

    def __init__(self, handle: int) -> None:
        self.pid = _number(handle)
        self._handle = handle
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def end(self, grace: float) -> int:
        return await ended_in(self, grace)

    def signal(self, number: signal.Signals) -> None:
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def conclude(self, code: int) -> None:
        if not self._ended.done():
            os.close(self._handle)
            self._ended.set_result(code)


class Link:
    """To one agent, which lives as long as this is open."""

    def __init__(self, processes: Processes, base: int | None) -> None:
        self._processes = processes
        self._base = base
        self._control: socket.socket
        self._calls: socket.socket
        self._agent: Process | None = None
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[_Reply]] = {}
        self._living: dict[int, ContainedProcess] = {}  # by the agent's number
        self._ready: asyncio.Future[None] | None = None
        self.lost = asyncio.Event()
        """Set when the agent has ended although nobody closed this: all containers have ended with it."""

    async def open(self, trial: Path) -> None:
        """`trial` is an empty folder. Raises CannotIsolate with what the machine does not allow."""
        _allow_files()
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._calls, calls = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        doors = (control, calls)
        words = [*(str(door.fileno()) for door in doors), str(trial)]
        if self._base is not None:
            words.append(str(self._base))
        try:
            self._agent = self._processes.spawn(
                _launch(*words), "agent", Stdio(0, 1, 2), keep=[d.fileno() for d in doors]
            )
        finally:
            for door in doors:
                door.close()
        self._control.settimeout(0)
        self._calls.settimeout(_PATIENCE)
        loop.add_reader(self._control.fileno(), self._read)
        try:
            async with asyncio.timeout(_START):
                await self._ready
        except BaseException as problem:
            await to_the_end(self.close())
            if isinstance(problem, TimeoutError):
                raise CannotIsolate(f"its agent to begin within {_START:g} s") from None
            raise

    async def close(self) -> None:
        """Ends the agent, and with it every container."""
        if self._agent is None:
            return
        asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._control.close()
        self._calls.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._agent.wait()
        await self._agent.end(0)
        self._agent = None
        self._lose()

    async def open_pod(self, pod: str, ip: str, hostname: str) -> tuple[socket.socket, ...]:
        """The sockets of its island, non-blocking. Raises CannotIsolate."""
        try:
            reply = await _answer(
                self._ask({"do": "open", "pod": pod, "ip": ip, "hostname": hostname})
            )
        except OSError as problem:
            raise CannotIsolate(f"failed to create the network of the pod: {problem}") from problem
        return tuple(socket.socket(fileno=descriptor) for descriptor in reply.descriptors)

    def close_pod(self, pod: str) -> None:
        if self._agent is not None:
            self._ask({"do": "close", "pod": pod}).add_done_callback(asyncio.Future.exception)

    async def start(self, pod: str, blueprint: Blueprint, stdio: Stdio) -> ContainedProcess:
        """Raises CannotStart."""
        return await self._begin({"do": "start", "pod": pod}, blueprint, stdio)

    async def exec(
        self, beside: ContainedProcess, program: Program, stdio: Stdio
    ) -> ContainedProcess:
        """Raises CannotStart."""
        number = next((n for n, process in self._living.items() if process is beside), -1)
        return await self._begin({"do": "exec", "beside": number}, program, stdio)

    def socket(self, pod: str, type_: socket.SocketKind) -> socket.socket:
        """Of the pod's network, at once. Raises OSError."""
        number = next(self._numbers)
        self._calls.send(json.dumps({"id": number, "pod": pod, "type": type_}).encode())
        while True:
            raw, descriptors = packets.receive(self._calls)
            answer = json.loads(raw or '{"error": "the agent of the isolated node has ended"}')
            if answer.get("id", number) == number:
                break
            for descriptor in descriptors:  # of a question whose patience had ended
                os.close(descriptor)
        if not descriptors:
            raise OSError(answer.get("error", _NO_ROOM))
        return socket.socket(fileno=descriptors[0])

    async def _begin(
        self, question: dict[str, Any], plan: Blueprint | Program, stdio: Stdio
    ) -> ContainedProcess:
        written = os.memfd_create("plan")  # it may be larger than any message
        try:
            os.write(written, json.dumps(plan).encode())  # into memory: all of it, at once
            asking = self._ask(question, (written, stdio.stdin, stdio.stdout, stdio.stderr))
        finally:
            os.close(written)
        try:
            reply = await _answer(asking)
        except _Refused as refused:
            raise CannotStart(refused.words) from refused
        assert reply.process is not None
        return reply.process

    def _ask(
        self, question: dict[str, Any], descriptors: Sequence[int] = ()
    ) -> asyncio.Future[_Reply]:
        number = next(self._numbers)
        answer: asyncio.Future[_Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        raw = json.dumps({**question, "id": number}).encode()
        try:
            self._send(raw, descriptors)
        except OSError as problem:
            self._waiting.pop(number)
            answer.set_exception(_Refused(0, f"the isolated node's agent: {problem}", ""))
        return answer

    def _send(self, raw: bytes, descriptors: Sequence[int]) -> None:
        """Stands still while the agent has too much to read; it never waits for us."""
        while True:
            try:
                packets.send(self._control, raw, list(descriptors))
            except BlockingIOError:
                select.select([], [self._control], [], _PATIENCE)
            else:
                return

    def _read(self) -> None:
        while True:
            try:
                raw, descriptors = packets.receive(self._control)
            except BlockingIOError:
                return
            except OSError:
                raw, descriptors = b"", []
            if not raw:
                asyncio.get_running_loop().remove_reader(self._control.fileno())
                self._lose()
                self.lost.set()
                return
            self._take(json.loads(raw), descriptors)

    def _take(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "ready" in message:
            assert self._ready is not None
            if not self._ready.done():  # who waited for it may have been told to end
                self._ready.set_result(None)
        elif "lacking" in message:
            self._doubt(message["lacking"])
        elif "ended" in message:
            if process := self._living.pop(message["ended"], None):
                process.conclude(message["code"])
        else:
            process = None
            if "pid" in message and descriptors:
                process = self._living[message["pid"]] = ContainedProcess(*descriptors)
            answer = self._waiting.pop(message["id"])
            if error := message.get("error"):
                answer.set_exception(_Refused(error["errno"], error["text"], error["program"]))
            elif "pid" in message and process is None:
                answer.set_exception(_Refused(errno.EMFILE, _NO_ROOM, ""))
            else:
                answer.set_result(_Reply(descriptors, process))

    def _lose(self) -> None:
        """Whatever was to come from the agent does not come any more."""
        while self._living:
            _, process = self._living.popitem()
            process.conclude(-signal.SIGKILL)
        while self._waiting:
            _, answer = self._waiting.popitem()
            if not answer.done():
                answer.set_exception(_Refused(0, "the isolated node's agent has ended", ""))
        self._doubt("its agent to begin")

    def _doubt(self, lacking: str) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(CannotIsolate(lacking))


async def _answer(asking: asyncio.Future[_Reply]) -> _Reply:
    """What comes for somebody who was cancelled meanwhile is ended and closed."""
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        asking.add_done_callback(_decline)
        raise


def _decline(asking: asyncio.Future[_Reply]) -> None:
    if asking.exception() is not None:
        return
    reply = asking.result()
    if reply.process:
        reply.process.signal(signal.SIGKILL)
    else:
        for descriptor in reply.descriptors:
            os.close(descriptor)


def _number(handle: int) -> int:
    """On the host, of the process that a descriptor stands for."""
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
    return next(int(line[4:]) for line in lines if line.startswith("Pid:"))


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
