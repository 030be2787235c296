"""Our ends of a process's pipes, or of its terminal."""

import asyncio
import contextlib
from typing import cast

from drydock.node.pipe_end import PipeEnd

_LAST_WORDS = 1.0  # seconds that output may still arrive after the process


class Output:
    """What a process writes."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
        ended: asyncio.Future[int],
    ) -> None:
        self._reader = reader
        self._transport = transport
        self._ended = ended

    @classmethod
    async def of(cls, descriptor: int, ended: asyncio.Future[int]) -> "Output":
        """Owns the descriptor. `ended` is done when the process has ended; others may hold its pipe for longer."""
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader),
            PipeEnd(descriptor),
        )
        return cls(reader, transport, ended)

    async def read(self, most: int) -> bytes:
        """Empty at the end."""
        reading = asyncio.ensure_future(self._reader.read(most))
        try:
            await asyncio.wait((reading, self._ended), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((reading,), timeout=_LAST_WORDS)
            with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any longer
                return reading.result() if reading.done() else b""
            return b""
        finally:
            reading.cancel()

    def close(self) -> None:
        self._transport.close()


class Input(asyncio.BaseProtocol):
    """What a process reads."""

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def of(cls, descriptor: int) -> "Input":
        """Owns the descriptor."""
        _, protocol = await asyncio.get_running_loop().connect_write_pipe(cls, PipeEnd(descriptor))
        return protocol

    async def write(self, data: bytes) -> None:
        """Returns when there is room for more. Nothing happens when nobody reads."""
        if self._transport and not self._closed:
            self._transport.write(data)
            await self._room.wait()

    def close(self) -> None:
        """When all is written."""
        self._closed = True
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are of no asyncio class
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _problem: Exception | None) -> None:
        self._transport = None
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
