"""One forwarded connection, whatever carries it on the client's side."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_CHUNK = 32 * 1024  # bytes
_WAITING = 8  # messages that may wait for the port to read them

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

Dial = Callable[[int], Awaitable[Connection]]
"""Connects to a port; raises Unavailable."""

Send = Callable[[bytes], Awaitable[None]]


class Carrier:
    """What `put` is given goes to the port, and what the port says to `send`."""

    def __init__(self, dial: Dial, port: int, send: Send) -> None:
        self._dial = dial
        self.port = port
        self._send = send
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue(_WAITING)

    async def put(self, data: bytes) -> None:
        """Returns when there is room for more. Nothing, b"", ends what the client says. Not for one whose run is over."""
        await self._inbox.put(data)

    async def run(self) -> None:
        """Until the port has said all that it has to say. Raises Unavailable."""
        try:
            reader, writer = await self._dial(self.port)
            uploading = asyncio.create_task(self._upload(writer))
            try:
                with contextlib.suppress(OSError):
                    while chunk := await reader.read(_CHUNK):
                        await self._send(chunk)
            finally:
                uploading.cancel()
                writer.close()
        finally:
            while not self._inbox.empty():  # lets go of a `put` that waits for room
                self._inbox.get_nowait()

    async def _upload(self, writer: asyncio.StreamWriter) -> None:
        """What the port refuses to hear is swallowed: it may still speak."""
        while data := await self._inbox.get():
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
