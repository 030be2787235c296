"""The name servers of this machine, which are asked for what is not the cluster's."""

import asyncio
import struct
from collections.abc import Sequence
from pathlib import Path

from drydock.node.network.streams import close

_PORT = 53
_PATIENCE = 2.0  # seconds for each server
_LENGTH = struct.Struct("!H")  # that goes before a message over TCP


class Upstream:
    """As resolv.conf names them at that moment: laptops change networks."""

    def __init__(self, settings: Path = Path("/etc/resolv.conf"), port: int = _PORT) -> None:
        self._settings = settings
        self._port = port

    async def ask(self, query: bytes, *, tcp: bool) -> bytes | None:
        """The first server's answer, as it is; None when none answers."""
        for server in self._servers():
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await (self._ask_tcp if tcp else self._ask_udp)(server, query)
            except (OSError, EOFError, TimeoutError):
                continue
        return None

    def _servers(self) -> Sequence[str]:
        try:
            lines = self._settings.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ()
        words = [line.split() for line in lines]
        return [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"]

    async def _ask_udp(self, server: str, query: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        asking = _Asking(query)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: asking, remote_addr=(server, self._port)
        )
        try:
            transport.sendto(query)
            return await asking.answer
        finally:
            transport.close()

    async def _ask_tcp(self, server: str, query: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            await write_message(writer, query)
            return await read_message(reader)
        finally:
            await close(writer)


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, query: bytes) -> None:
        self._id = query[:2]
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _sender: object) -> None:
        if data[:2] == self._id and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, problem: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(problem)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One of DNS over TCP. Raises EOFError."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(length)


async def write_message(writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(_LENGTH.pack(len(message)) + message)
    await writer.drain()
