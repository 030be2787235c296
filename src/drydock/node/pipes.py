"""Our ends of a process's pipes, or of its terminal."""

import asyncio
import contextlib
import os

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


class Input:
    """What a process reads. No transport: uvloop's listens on what it writes to, and swallowed a terminal's output."""

    def __init__(self, descriptor: int) -> None:
        """Owns the descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor: int | None = descriptor
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Returns when all is written. Nothing happens when nobody reads."""
        async with self._turn:
            while data and self._descriptor is not None:
                try:
                    data = data[os.write(self._descriptor, data) :]
                except BlockingIOError:
                    await self._wait_for_room(self._descriptor)
                except OSError:  # the reader has gone
                    return

    def close(self) -> None:
        """Whoever still writes is let go."""
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
            self._room.set()

    async def _wait_for_room(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        self._room.clear()
        loop.add_writer(descriptor, self._room.set)
        try:
            await self._room.wait()
        finally:
            if self._descriptor is not None:
                loop.remove_writer(descriptor)
