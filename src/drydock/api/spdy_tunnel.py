"""Port forwarding as kubectl tunnels it: SPDY in a WebSocket, a pair of streams for each connection.

Source: portforward.k8s.io. Both streams name the port and a number of the connection; `error` carries the reason why it
failed, or its end, and `data` the bytes.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

from drydock.api import spdy
from drydock.api.carrier import Carrier, Dial
from drydock.api.sockets import Left, Socket
from drydock.sessions import Unavailable

_MOST = 256  # connections at once
_PROTOCOL_ERROR = 1002  # of the WebSocket


@dataclass(eq=False, slots=True)
class _Pair:
    port: int
    streams: dict[str, int] = field(default_factory=dict)  # by type
    carrier: Carrier | None = None
    task: asyncio.Task[None] | None = None


class Tunnel:
    """`run` until the client has left."""

    def __init__(self, socket: Socket, dial: Dial, describe: str) -> None:
        """`describe` names the pod in what is told of a failure."""
        self._socket = socket
        self._dial = dial
        self._describe = describe
        self._decoder = spdy.Decoder()
        self._encoder = spdy.Encoder()
        self._pairs: dict[str, _Pair] = {}  # by request
        self._by_stream: dict[int, _Pair] = {}

    async def run(self) -> None:
        """Raises Left."""
        try:
            while True:
                for frame in self._decoder.feed(await self._socket.receive()):
                    await self._take(frame)
        except spdy.BadFrame as problem:
            await self._socket.close(_PROTOCOL_ERROR, str(problem)[:120])
        finally:
            tasks = [pair.task for pair in self._pairs.values() if pair.task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, frame: spdy.Frame) -> None:
        match frame:
            case spdy.Opened():
                await self._open(frame)
            case spdy.Data(stream, payload, last):
                pair = self._by_stream.get(stream)
                if pair and pair.carrier and stream == pair.streams["data"]:
                    await self._put(pair.carrier, payload, last=last)
            case spdy.Reset(stream):
                pair = self._by_stream.get(stream)
                if pair and pair.task:
                    pair.task.cancel()
            case spdy.Ping(number):
                await self._socket.send(spdy.ping(number))

    async def _put(self, carrier: Carrier, payload: bytes, *, last: bool) -> None:
        for each in (payload, b"") if payload and last else (payload,) if payload or last else ():
            await self._socket.while_there(carrier.put(each))

    async def _open(self, opened: spdy.Opened) -> None:
        request, kind = opened.headers.get("requestid", ""), opened.headers.get("streamtype")
        port = opened.headers.get("port", "")
        if kind not in {"error", "data"} or not port.isdecimal() or not 0 < int(port) < 65536:
            await self._socket.send(spdy.reset(opened.stream, spdy.PROTOCOL_ERROR))
            return
        if request not in self._pairs and len(self._pairs) >= _MOST:
            await self._socket.send(spdy.reset(opened.stream, spdy.REFUSED_STREAM))
            return
        pair = self._pairs.setdefault(request, _Pair(int(port)))
        pair.streams[kind] = opened.stream
        self._by_stream[opened.stream] = pair
        await self._socket.send(self._encoder.reply(opened.stream))
        if len(pair.streams) == 2 and pair.task is None:
            self._begin(request, pair)

    def _begin(self, request: str, pair: _Pair) -> None:
        stream = pair.streams["data"]
        carrier = Carrier(
            self._dial, pair.port, lambda chunk: self._socket.send(spdy.data(stream, chunk))
        )
        pair.carrier = carrier
        pair.task = asyncio.create_task(self._carry(pair, carrier))
        pair.task.add_done_callback(lambda _: self._forget(request, pair))

    async def _carry(self, pair: _Pair, carrier: Carrier) -> None:
        told = b""
        try:
            await carrier.run()
        except Unavailable as problem:
            told = f"error forwarding port {pair.port} to {self._describe}: {problem}".encode()
        except Left:
            return  # `run` hears it too
        with contextlib.suppress(Left):
            await self._socket.send(spdy.data(pair.streams["error"], told, last=True))
            await self._socket.send(spdy.data(pair.streams["data"], b"", last=True))

    def _forget(self, request: str, pair: _Pair) -> None:
        del self._pairs[request]
        for stream in pair.streams.values():
            self._by_stream.pop(stream, None)
