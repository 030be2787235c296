"""The cluster's DNS, as each pod finds it at DNS_ADDRESS in its own network."""

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, cast

from drydock.node.network import routes
from drydock.node.network.guest import Guest
from drydock.node.network.policy import Protocol
from drydock.node.network.relay import reset
from drydock.node.network.routes import Blocked
from drydock.node.network.streams import close
from drydock.node.network.upstream import Upstream, read_message, write_message
from drydock.store import Store

if TYPE_CHECKING:
    from drydock.node.network.resolver import Resolver

log = logging.getLogger(__name__)

_PORT = 53
_PATIENCE = 10.0  # seconds between two queries of one connection


class NameServer:
    def __init__(self, store: Store, upstream: Upstream) -> None:
        self._store = store
        self._upstream = upstream
        self._resolver: Resolver | None = None

    def serve(self, guest: Guest) -> None:
        """The pod's queries, as far as policies let it ask."""
        udp, tcp = guest.island.names
        guest.begin(self._datagrams(guest, udp.dup()))
        guest.listen(tcp.dup(), lambda connection: self._connection(guest, connection))

    def resolver(self) -> "Resolver":
        """Where pods share the machine's network nobody asks, and nobody waits for these imports."""
        from drydock.node.network.resolver import Resolver  # noqa: PLC0415

        self._resolver = self._resolver or Resolver(self._store, self._upstream)
        return self._resolver

    def _allows(self, guest: Guest, protocol: Protocol) -> bool:
        source = routes.peer(self._store, guest.pod, guest.ip)
        target = routes.name_server(self._store)
        try:
            routes.check(self._store, source, target, _PORT, protocol)
        except Blocked as why:
            log.info("%s", why)
            return False
        return True

    async def _datagrams(self, guest: Guest, udp: socket.socket) -> None:
        """Until cancelled. Who may not ask gets no answer."""
        udp.setblocking(False)  # noqa: FBT003  # its name says what is false
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Queries(self, guest), sock=udp)
        try:
            await loop.create_future()
        finally:
            transport.close()

    async def reply(
        self,
        guest: Guest,
        query: bytes,
        asker: tuple[str, int],
        transport: asyncio.DatagramTransport,
    ) -> None:
        if self._allows(guest, "UDP"):
            answer = await self.resolver().answer(query, tcp=False)
            if answer is not None and not transport.is_closing():
                transport.sendto(answer, asker)

    async def _connection(self, guest: Guest, connection: socket.socket) -> None:
        if not self._allows(guest, "TCP"):
            reset(connection)
            return
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            while True:
                async with asyncio.timeout(_PATIENCE):
                    query = await read_message(reader)
                answer = await self.resolver().answer(query, tcp=True)
                if answer is None:
                    return
                await write_message(writer, answer)
        except (OSError, EOFError, TimeoutError):
            pass  # the asker is content, or gone
        finally:
            await close(writer)


class _Queries(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer, guest: Guest) -> None:
        self._server = server
        self._guest = guest
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's own type

    def datagram_received(self, data: bytes, asker: tuple[str, int]) -> None:
        assert self._transport is not None
        self._guest.begin(self._server.reply(self._guest, data, asker, self._transport))
