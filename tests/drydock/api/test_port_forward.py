"""Port forwarding as the protocols have it: SPDY in a tunnel, and numbered channels."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp, Message

from drydock.api import spdy
from drydock.api.port_forward import CHANNELS, TUNNEL
from drydock.pki import Identity
from drydock.resources import PODS
from drydock.store import Store
from tests.drydock.api.conftest import TOKEN
from tests.drydock.api.pods import Pods
from tests.drydock.api.test_exec import dialled, pod, refusal

PATH = "/api/v1/namespaces/dev/pods/web/portforward"


class Client:
    """kubectl's side of the framing."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=spdy.DICTIONARY)

    def open(self, stream: int, **headers: str) -> bytes:
        words = [word.encode() for pair in headers.items() for word in pair]
        text = struct.pack(">I", len(headers)) + b"".join(
            struct.pack(">I", len(word)) + word for word in words
        )
        block = self._deflate.compress(text) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        body = struct.pack(">IIH", stream, 0, 0) + block
        return struct.pack(">HHI", 0x8003, 1, len(body)) + body

    def pair(self, number: int, port: int) -> bytes:
        """The streams `number` and `number` + 2."""
        about = {"port": str(port), "requestid": str(number)}
        error = self.open(number, streamtype="error", **about)
        return error + self.open(number + 2, streamtype="data", **about)


@pytest.fixture
async def echo(store: Store, pods: Pods) -> AsyncIterator[None]:
    """The pod's port 80 says again what it hears, and port 81 never listens to it."""
    store.create(PODS, pod())

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    pods.ports[80] = server.sockets[0].getsockname()[1]
    yield
    server.close()
    await server.wait_closed()


class Wire:
    """A WebSocket without a server: no library for clients says a subprotocol with a slash in it."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[Message] = asyncio.Queue()
        self.from_server: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, data: bytes) -> None:
        await self.to_server.put({"type": "websocket.receive", "bytes": data})

    async def recv(self) -> bytes:
        async with asyncio.timeout(45):
            return bytes((await self.from_server.get())["bytes"])

    async def told(self) -> Message:
        async with asyncio.timeout(45):
            return await self.from_server.get()


@pytest.fixture
async def wire(app: ASGIApp, echo: None) -> AsyncIterator[Wire]:
    headers = {"host": "127.0.0.1", "authorization": f"Bearer {TOKEN}"}
    scope = {
        "type": "websocket",
        "path": PATH,
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode())
            for name, value in {**headers, "sec-websocket-protocol": TUNNEL}.items()
        ],
        "extensions": {},
    }
    wire = Wire()
    await wire.to_server.put({"type": "websocket.connect"})
    serving = asyncio.ensure_future(app(scope, wire.to_server.get, wire.from_server.put))
    assert await wire.told() == {"type": "websocket.accept", "subprotocol": TUNNEL}
    yield wire
    await wire.to_server.put({"type": "websocket.disconnect", "code": 1006})
    await serving


class Frames:
    """What the server sent: replies and resets by stream, data joined, and which streams it ended."""

    def __init__(self) -> None:
        self._decoder = spdy.Decoder()
        self.data: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.reset: set[int] = set()
        self.pings: list[int] = []

    def take(self, message: bytes) -> None:
        for frame in self._decoder.feed(message):
            match frame:
                case spdy.Data(stream, payload, last):
                    self.data[stream] = self.data.get(stream, b"") + payload
                    self.ended |= {stream} if last else set()
                case spdy.Reset(stream):
                    self.reset.add(stream)
                case spdy.Ping(number):
                    self.pings.append(number)


async def test_a_tunnel_carries_connections_beside_each_other(wire: Wire) -> None:
    client, frames = Client(), Frames()
    big = bytes(range(256)) * 2000
    sent = client.pair(1, 80) + client.pair(5, 80) + client.pair(9, 81) + spdy.ping(7)
    sent += spdy.data(3, big[:1000]) + spdy.data(7, b"second", last=True)
    sent += spdy.data(3, big[1000:], last=True)
    for start in range(0, len(sent), 77_777):  # frames do not end where messages do
        await wire.send(sent[start : start + 77_777])
    while not frames.ended >= {1, 3, 5, 7, 9, 11}:
        frames.take(await wire.recv())
    assert (frames.data[3], frames.data[7], frames.data[11]) == (big, b"second", b"")
    assert (frames.data[1], frames.data[5], frames.pings) == (b"", b"", [7])
    assert frames.data[9].startswith(b"error forwarding port 81 to pod web, uid ")
    assert frames.data[9].endswith(b": connection refused")


async def test_streams_that_make_no_sense_are_reset(wire: Wire) -> None:
    client, frames = Client(), Frames()
    await wire.send(
        client.open(1, streamtype="data", port="http", requestid="1")
        + client.open(3, streamtype="gossip", port="80", requestid="1")
        + client.open(5, port="80")
        + spdy.data(99, b"of no stream")
    )
    while len(frames.reset) < 3:
        frames.take(await wire.recv())
    assert frames.reset == {1, 3, 5}


@pytest.mark.parametrize(
    "garbage",
    [
        struct.pack(">HHI", 0x8002, 1, 4) + b"\0\0\0\1",  # SPDY/2
        struct.pack(">HHI", 0x8003, 1, 14) + bytes(10) + b"what",  # headers that are not packed
        struct.pack(">HHI", 0x8003, 6, 1) + b"\1",  # a short ping
        struct.pack(">II", 1, 0xFFFFFF),  # a frame too long
    ],
)
async def test_what_is_no_spdy_ends_the_tunnel(wire: Wire, garbage: bytes) -> None:
    await wire.send(garbage)
    told = await wire.told()
    assert (told["type"], told["code"]) == ("websocket.close", 1002)


@pytest.mark.usefixtures("echo")
async def test_channels_begin_with_their_port_and_carry_one_connection_each(
    server: str, tls: Identity
) -> None:
    async with dialled(server, tls, f"{PATH}?ports=80&ports=81", CHANNELS) as socket:
        heads = [await socket.recv() for _ in range(4)]
        assert heads == [b"\0\x50\0", b"\1\x50\0", b"\2\x51\0", b"\3\x51\0"]
        assert str(await socket.recv()).endswith(": connection refused'")
        await socket.send(b"\0hello")
        await socket.send(b"\2to nobody")
        assert await socket.recv() == b"\0hello"


@pytest.mark.usefixtures("echo")
async def test_channels_need_ports(server: str, tls: Identity) -> None:
    assert await refusal(server, tls, PATH, CHANNELS) == (
        400,
        'query parameter "ports" is required',
    )
    assert await refusal(server, tls, f"{PATH}?ports=http", CHANNELS) == (
        400,
        'unable to parse "http" as a port',
    )


def test_packed_headers_cannot_grow_without_end() -> None:
    bomb = Client().open(1, port="0" * 1_000_000)
    with pytest.raises(spdy.BadFrame, match="headers of more than 65536 bytes"):
        list(spdy.Decoder().feed(bomb))


def test_the_dictionary_is_the_one_that_everybody_has() -> None:
    assert zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2
