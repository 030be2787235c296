"""`exec` and `attach`: a process's streams as numbered channels of a WebSocket.

Source: the subprotocols of k8s.io/apimachinery/pkg/util/remotecommand; the fifth adds the close of one channel.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any, NoReturn, Protocol

import msgspec

from drydock.api import pod_containers, status
from drydock.api.request import Request
from drydock.api.sockets import Converse, Socket, protocol
from drydock.resources import Object
from drydock.sessions import Streams, Unavailable

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_CHUNK = 32 * 1024  # bytes


class Channel(IntEnum):
    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3
    RESIZE = 4
    CLOSE = 255


class Source(Protocol):
    async def read(self, most: int, /) -> bytes:
        """Empty at the end."""
        ...


class Session(Protocol):
    """A process that the node holds for one client."""

    @property
    def outputs(self) -> Mapping[str, Source]:
        """`stdout` and `stderr`, as far as they were asked for."""
        ...

    async def write(self, data: bytes) -> None:
        """To its stdin; returns when there is room for more. Nothing happens when it reads no longer."""
        ...

    def close_stdin(self) -> None: ...

    def resize(self, columns: int, rows: int) -> None: ...

    async def wait(self) -> int:
        """Its exit code."""
        ...

    async def close(self) -> None:
        """Ends a command that still runs; a container that was attached to goes on."""
        ...


class Execution(Protocol):
    """The node's side of it. Both raise Unavailable."""

    async def execute(
        self, pod: Object, container: str, command: Sequence[str], streams: Streams
    ) -> Session: ...

    async def attach(self, pod: Object, container: str, streams: Streams) -> Session: ...


_Cells = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class _Size(msgspec.Struct):
    """Go's encoder writes the names as they are."""

    columns: _Cells = msgspec.field(name="Width")
    rows: _Cells = msgspec.field(name="Height")


def execute(request: Request, pod: Object, node: Execution) -> Converse:
    """What is wrong with the request is raised before the client is spoken to."""
    container = pod_containers.container(request, pod)
    streams = _streams(request)
    command = request.every("command")
    if not command:
        raise status.bad_request("you must specify at least one command for the container")
    return _conversation(request, pod, lambda: node.execute(pod, container, command, streams))


def attach(request: Request, pod: Object, node: Execution) -> Converse:
    container = pod_containers.container(request, pod)
    streams = _streams(request)
    return _conversation(request, pod, lambda: node.attach(pod, container, streams))


def _streams(request: Request) -> Streams:
    terminal = request.flag("tty")
    streams = Streams(
        request.flag("stdin"),
        request.flag("stdout"),
        request.flag("stderr") and not terminal,
        terminal,
    )
    if not (streams.stdin or streams.stdout or streams.stderr):
        raise status.bad_request("you must specify at least 1 of stdin, stdout, stderr")
    return streams


def _conversation(
    request: Request, pod: Object, begin: Callable[[], Coroutine[Any, Any, Session]]
) -> Converse:
    pod_containers.check_host(pod)

    async def converse(socket: Socket) -> None:
        await socket.accept(protocol(request.protocols, PROTOCOLS))
        try:
            session = await begin()
        except Unavailable as problem:
            outcome = status.internal_error(str(problem)).body
        else:
            outcome = await _join(socket, session)
        await socket.send(_message(Channel.ERROR, msgspec.json.encode(outcome)))
        await socket.close()

    return converse


async def _join(socket: Socket, session: Session) -> Mapping[str, Any]:
    """The closing Status. Raises Left; then, as always, what was executed is ended."""
    hearing = asyncio.create_task(_hear(socket, session))
    telling = asyncio.create_task(_tell(socket, session))
    try:
        await asyncio.wait((hearing, telling), return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            hearing.result()
        return _outcome(await telling)
    finally:
        hearing.cancel()
        telling.cancel()
        await asyncio.gather(hearing, telling, return_exceptions=True)
        await session.close()


async def _hear(socket: Socket, session: Session) -> NoReturn:
    while True:
        message = await socket.receive()
        match message[:1]:
            case b"\x00" if len(message) > 1:
                await socket.while_there(session.write(message[1:]))
            case b"\x04":
                with contextlib.suppress(msgspec.MsgspecError):
                    size = msgspec.json.decode(message[1:], type=_Size)
                    session.resize(size.columns, size.rows)
            case b"\xff" if message[1:] == bytes((Channel.STDIN,)):
                session.close_stdin()


async def _tell(socket: Socket, session: Session) -> int:
    """An empty message first, as from the API server: the client knows that it is connected."""
    sources = {Channel[name.upper()]: source for name, source in session.outputs.items()}
    await socket.send(_message(min(sources, default=Channel.ERROR), b""))
    await asyncio.gather(*(_copy(source, socket, each) for each, source in sources.items()))
    return await session.wait()


async def _copy(source: Source, socket: Socket, channel: Channel) -> None:
    while chunk := await source.read(_CHUNK):
        await socket.send(_message(channel, chunk))


def _message(channel: Channel, payload: bytes) -> bytes:
    return bytes((channel,)) + payload


def _outcome(code: int) -> Mapping[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: command terminated with exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
