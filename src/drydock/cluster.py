"""One cluster: store, API, registry, controllers, node and ingress, started in order and stopped in order."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from drydock import admission, gate, pki, ports
from drydock.admission import priorities
from drydock.api import app as api
from drydock.api.auth import Guard
from drydock.controllers.changes import Refused
from drydock.controllers.loop import Controllers
from drydock.faults.api_layer import ApiFaults
from drydock.faults.connection import Breakable
from drydock.faults.control import Control
from drydock.faults.mishaps import NodeFaults
from drydock.faults.registry_layer import RegistryFaults
from drydock.faults.roster import Faults
from drydock.home import Hindered, Home, Ports, Process, Status, WantedNode, write_private
from drydock.ingress import Api, Ingress
from drydock.kubeconfig import kubeconfig
from drydock.node.node import Node
from drydock.registry import app as registry
from drydock.registry.storage import Storage
from drydock.resources import NAMESPACES, PRIORITY_CLASSES, Object, Resource
from drydock.store import Store
from drydock.upgrades import WebSockets

HOSTS = ("127.0.0.1", "localhost")
FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-system")
_FAREWELL = 0.5  # seconds that clients get to leave before they are put out

log = logging.getLogger(__name__)

_Hoped = TypeVar("_Hoped")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Open before anything else: an occupied port is known at once, and early clients wait instead of failing."""

    api: socket.socket
    registry: socket.socket
    ingress: int


def listeners(asked: Ports, remembered: Ports) -> Listeners:
    """Raises PortTaken for a port that was asked for."""
    probe = ports.listen("ingress", asked.ingress, remembered.ingress)
    with probe:
        return Listeners(
            ports.listen("api", asked.api, remembered.api),
            ports.listen("registry", asked.registry, remembered.registry),
            ports.number(probe),  # traefik opens it itself, a moment later
        )


async def run(
    home: Home,
    listening: Listeners,
    me: Process,
    *,
    wanted: WantedNode = "auto",
    stop: asyncio.Event,
    ready: Callable[[Status], None],
) -> None:
    """Until `stop` is set, or until a part fails: then all stop, and its failure is raised."""
    identity = pki.identity(home.pki, datetime.now(UTC))
    token = pki.token(home.token)
    status = Status(
        pid=me.pid,
        started=me.started,
        api=ports.number(listening.api),
        registry=ports.number(listening.registry),
        ingress=listening.ingress,
        version=version("shipway"),
    )
    end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with contextlib.AsyncExitStack() as stack:
        store = Store(home.state)
        stack.callback(store.close)
        _seed(store)
        faults = Faults()
        node = Node(
            store,
            home=home.node,
            images=Storage(home.registry),
            registry_hosts=[f"{host}:{status.registry}" for host in HOSTS],
            mishaps=NodeFaults(faults),
            wanted=wanted,
        )
        kubernetes = api.create(
            store, token=token, logs=node, pods=node.access, allowed_hosts=HOSTS
        )
        breakable = Control(ApiFaults(kubernetes, faults), faults, Guard(token, frozenset(HOSTS)))
        await stack.enter_async_context(_serving(breakable, listening.api, end, identity))
        images = registry.create(home.registry, immutable_tags=True, allowed_hosts=HOSTS)
        await stack.enter_async_context(
            _serving(RegistryFaults(images, faults), listening.registry, end)
        )
        stack.callback(store.close)  # ends the watches, for which the servers would wait
        controllers = Controllers(
            store,
            admit=partial(_admit, store),
            usage=node.access.usage,
            authority=identity.authority,
        )
        gateway = Ingress(
            store,
            Api(f"https://127.0.0.1:{status.api}", home.pki / "ca.crt", home.token),
            home=home.ingress,
            port=status.ingress,
        )
        # traefik takes longest to be ready, and the node's agent after it: they start while the others do
        for part in (
            _tell(stop, end),
            store.failed(),
            gateway.run(),
            node.run(),
            controllers.run(),
        ):
            await stack.enter_async_context(_running(part, end))
        mode = await _first(node.mode(), end)
        await _first(gateway.listening(), end)
        if mode and not end.done():
            status = replace(
                status, node=mode.name, node_because=mode.because, node_lacks=mode.lacks
            )
            write_private(home.kubeconfig, kubeconfig(status.api, identity.authority, token))
            home.publish(status)
            ready(status)
        await end


def _seed(store: Store) -> None:
    for name in FIRST_NAMESPACES:
        if store.get(NAMESPACES, "", name) is None:
            obj: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            store.create(NAMESPACES, _admit(store, NAMESPACES, obj))
    for obj in priorities.system_classes():
        if store.get(PRIORITY_CLASSES, "", obj["metadata"]["name"]) is None:
            store.create(PRIORITY_CLASSES, _admit(store, PRIORITY_CLASSES, obj))


def _admit(store: Store, resource: Resource, obj: Object) -> Object:
    try:
        return gate.admit(store, resource, obj, None)
    except (admission.Invalid, admission.Mistyped, admission.Denied) as refusal:
        raise Refused(str(refusal)) from None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the daemon's: a server that took them would stop first instead of last."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """TLS waits for the other side's farewell, and a client that does nothing gives none."""
        asyncio.get_running_loop().call_later(_FAREWELL, self._put_out)
        await super().shutdown(sockets)

    def _put_out(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


@contextlib.asynccontextmanager
async def _serving(
    application: ASGIApp,
    listener: socket.socket,
    end: asyncio.Future[None],
    identity: pki.Identity | None = None,
) -> AsyncIterator[None]:
    server = _Server(
        uvicorn.Config(
            application,
            http=Breakable,
            ws=WebSockets if identity else "none",
            ws_max_size=api.MAX_BODY,
            ws_ping_interval=None,  # on one machine no client vanishes without a trace
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,  # Go's clients keep connections for 90 s
            timeout_graceful_shutdown=1,
            ssl_certfile=identity.certificate if identity else None,
            ssl_keyfile=identity.key if identity else None,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    task.add_done_callback(lambda ended: _hand_over(ended, end))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def _running(
    part: Coroutine[Any, Any, None], end: asyncio.Future[None]
) -> AsyncIterator[None]:
    task = asyncio.create_task(part)
    task.add_done_callback(lambda ended: _hand_over(ended, end))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _hand_over(ended: asyncio.Task[None], end: asyncio.Future[None]) -> None:
    error = None if ended.cancelled() else ended.exception()
    if error is not None:
        traceback = None if isinstance(error, Hindered) else error
        log.error("a part of the cluster failed: %s", error, exc_info=traceback)
        if not end.done():
            end.set_exception(error)


async def _first(hope: Coroutine[Any, Any, _Hoped], end: asyncio.Future[None]) -> _Hoped | None:
    """What was hoped for; None when the end came first."""
    hoping = asyncio.create_task(hope)
    awaited: set[asyncio.Future[Any]] = {hoping, end}
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    if hoping.done():
        return hoping.result()
    hoping.cancel()
    return None


async def _tell(stop: asyncio.Event, end: asyncio.Future[None]) -> None:
    await stop.wait()
    if not end.done():
        end.set_result(None)
