"""The network between the pods that have one of their own, and between them and the world.

Nothing but what is served here leads into or out of an island: connections that its pod begins, the doors at its address
on this machine, and the cluster's names. NetworkPolicy therefore binds for all of it.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from drydock.events import Recorder
from drydock.node.island import Island
from drydock.node.network import routes
from drydock.node.network.dial import connect
from drydock.node.network.guest import Guest
from drydock.node.network.name_server import NameServer
from drydock.node.network.names import Endpoint
from drydock.node.network.policy import Peer
from drydock.node.network.relay import relay, reset
from drydock.node.network.routes import Blocked, NoRoute
from drydock.node.network.upstream import Upstream
from drydock.resources import ENDPOINT_SLICES, PODS, Object
from drydock.store import Gone, Store

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds for an endpoint to be reached
_FAREWELL = 5.0  # seconds that what a pod said last has to be taken
_SO_ORIGINAL_DST = 80
_SOCKADDR_IN = struct.Struct("!2xH4s8x")  # of which the first two bytes are the machine's own

Destination = Callable[[socket.socket], tuple[str, int]]


def destination(connection: socket.socket) -> tuple[str, int]:
    """Where a redirected connection was to go."""
    raw = connection.getsockopt(socket.IPPROTO_IP, _SO_ORIGINAL_DST, _SOCKADDR_IN.size)
    port, address = _SOCKADDR_IN.unpack(raw)
    return socket.inet_ntoa(address), port


class Network:
    """`start` it, `admit` each pod with an island when that stands, `expel` it when its processes have ended."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        *,
        destination: Destination = destination,
        upstream: Upstream | None = None,
    ) -> None:
        """Names that are not the cluster's are asked of `upstream`, the machine's name servers unless it is given."""
        self._store = store
        self._recorder = recorder
        self._destination = destination
        self._names = NameServer(store, upstream or Upstream())
        self._guests: dict[str, Guest] = {}  # by uid
        self._leaving: set[Guest] = set()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Breaks off what is under way."""
        if self._following:
            self._following.cancel()
            await asyncio.wait([self._following])
        await asyncio.gather(*(guest.end() for guest in (*self._guests.values(), *self._leaving)))

    def admit(self, pod: Object, ip: str, island: Island) -> None:
        """From now on the pod reaches others and is reached. The island's sockets stay its own."""
        guest = self._guests[pod["metadata"]["uid"]] = Guest(pod, ip, island)
        guest.listen(island.redirected.dup(), lambda near: self._let_out(guest, near))
        self._names.serve(guest)
        for port in routes.declared_ports(pod):
            if port.get("protocol", "TCP") == "TCP":
                self._open(guest, port["containerPort"])

    def expel(self, pod: Object) -> None:
        """What the pod said last still reaches who listens; nobody reaches it any more."""
        if guest := self._guests.pop(pod["metadata"]["uid"], None):
            guest.close()
            self._leaving.add(guest)
            asyncio.get_running_loop().call_later(_FAREWELL, self._see_off, guest)

    def _see_off(self, guest: Guest) -> None:
        guest.abort()
        self._leaving.discard(guest)

    def island_of(self, ip: str) -> Island | None:
        return next((guest.island for guest in self._guests.values() if guest.ip == ip), None)

    # Doors

    async def _follow(self) -> None:
        """A service may send to ports that no container declares."""
        closed = False
        while not closed:
            since = self._store.version
            for each in self._store.list(ENDPOINT_SLICES):
                self._open_for(each)
            with contextlib.suppress(Gone):
                async for change in self._store.changes(since, (ENDPOINT_SLICES,)):
                    if change.type != "DELETED":
                        self._open_for(change.object)
                closed = True

    def _open_for(self, endpoint_slice: Object) -> None:
        addresses = {a for each in endpoint_slice["endpoints"] or () for a in each["addresses"]}
        for guest in [each for each in self._guests.values() if each.ip in addresses]:
            for port in endpoint_slice.get("ports") or ():
                if port.get("protocol", "TCP") == "TCP":
                    self._open(guest, port["port"])

    def _open(self, guest: Guest, port: int) -> None:
        if port in guest.doors:
            return
        try:
            guest.open_door(port, lambda near: self._let_in(guest, port, near))
        except OSError as problem:
            message = (
                f"port {port} cannot be opened at {guest.ip} on this machine: {_reason(problem)}; "
                "other pods reach it, the ingress does not"
            )
            self._recorder.record(PODS, guest.pod, "HostPortConflict", message, type_="Warning")
            guest.doors.add(port)  # said once

    # Connections

    async def _let_in(self, guest: Guest, port: int, near: socket.socket) -> None:
        source = routes.ingress_controller(self._store)
        metadata = guest.pod["metadata"]
        here = Endpoint(guest.ip, port, metadata["name"], metadata["namespace"])
        await self._carry(near, source, lambda: [here])

    async def _let_out(self, guest: Guest, near: socket.socket) -> None:
        source = routes.peer(self._store, guest.pod, guest.ip)

        def found() -> Sequence[Endpoint]:
            address, port = self._destination(near)
            return routes.to_address(self._store, address, port)

        await self._carry(near, source, found)

    async def _carry(
        self, near: socket.socket, source: Peer, found: Callable[[], Sequence[Endpoint]]
    ) -> None:
        try:
            far = await self._reach(source, found())
        except Blocked as why:
            log.info("%s", why)
            reset(near)
        except (NoRoute, OSError):
            reset(near)
        except BaseException:
            near.close()
            raise
        else:
            with contextlib.suppress(OSError):
                await relay(near, far)

    async def _reach(self, source: Peer, endpoints: Sequence[Endpoint]) -> socket.socket:
        for endpoint in endpoints:
            target = routes.target(self._store, endpoint)
            routes.check(self._store, source, target, endpoint.port)
            island = self.island_of(endpoint.address)
            if island is None and (target.namespace or _is_machines_own(endpoint)):
                continue
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    return await connect(
                        island, endpoint.address, endpoint.port, source=source.address
                    )
        raise NoRoute("nobody answers")


def _is_machines_own(endpoint: Endpoint) -> bool:
    """No pod sees what listens on this machine's loopback, unless an EndpointSlice leads there."""
    return not endpoint.namespace and ip_address(endpoint.address).is_loopback


def _reason(problem: OSError) -> str:
    return os.strerror(problem.errno) if problem.errno else str(problem)
