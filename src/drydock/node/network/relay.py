"""Two connections as one: bytes, ends and resets pass through, no faster than they are taken."""

import asyncio
import socket
import struct
from typing import cast

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER for no time at all


class _Side(asyncio.Protocol):
    """Hands on to the other side what its own peer says."""

    def __init__(self) -> None:
        self.other = self
        self.heard_all = False
        self._early = b""  # what was said before the other side was there
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    @property
    def connected(self) -> bool:
        """A connection belongs to its transport from then on."""
        return self._transport is not None

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of their own type

    def catch_up(self) -> None:
        """The other side is there too."""
        if self._early:
            self.other.transport.write(self._early)

    def go_on(self) -> None:
        if self.lost.done():
            self.other.abort()
        elif self.heard_all:
            self.eof_received()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not self.other.connected:
            self._early += data
            self.transport.pause_reading()
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        self.heard_all = True
        if self.other.heard_all:
            self.close()
            self.other.close()
        elif self.other.connected and not self.other.transport.is_closing():
            self.other.transport.write_eof()
        return True  # we may still have something to say

    def pause_writing(self) -> None:
        self.other.listen(on=False)

    def resume_writing(self) -> None:
        self.other.listen(on=True)

    def listen(self, *, on: bool) -> None:
        if self.heard_all or self.transport.is_closing():
            return
        if on:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        if problem is None:
            self.other.close()
        else:
            self.other.abort()

    def close(self) -> None:
        """After all that waits to be sent."""
        if self._transport and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        if self._transport and not self._transport.is_closing():
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()


async def relay(near: socket.socket, far: socket.socket) -> None:
    """Until both sides have said all, or one has broken off. Both are closed then, and when this is cancelled."""
    loop = asyncio.get_running_loop()
    one, other = _Side(), _Side()
    one.other, other.other = other, one
    try:
        await loop.connect_accepted_socket(lambda: other, far)
        await loop.connect_accepted_socket(lambda: one, near)
        one.catch_up()
        other.catch_up()
        one.go_on()
        other.go_on()
        await one.lost
        await other.lost
    finally:
        for side, connection in ((one, near), (other, far)):
            side.abort()
            if not side.connected:
                connection.close()


def reset(connection: socket.socket) -> None:
    """Close it so that the other side knows that it was refused."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    connection.close()
