"""An island made of this machine's own sockets, and apps that listen on it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from drydock.events import Recorder
from drydock.node.network.dial import Streams
from drydock.node.network.network import Network
from drydock.node.network.streams import close
from drydock.node.network.upstream import Upstream
from drydock.resources import ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, PODS, SERVICES
from drydock.store import Store

Object = dict[str, Any]
_third, _fourth = os.getpid() % 256, count(1)  # tests run beside each other


class _Inside(socket.socket):
    """Leads to where the island's app listens: the pod's address itself is the door's."""

    def connect(self, address: Any) -> None:
        super().connect((_inside(address[0]), address[1]))


def _inside(ip: str) -> str:
    return ip.replace("127.77.", "127.78.")


@dataclass
class FakeIsland:
    """Its pod's connections are begun by `begin`, as nothing on this machine is redirected."""

    ip: str
    redirected: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )
    names: tuple[socket.socket, socket.socket] = field(
        default_factory=lambda: (_udp(), socket.create_server(("127.0.0.1", 0)))
    )
    destinations: dict[object, tuple[str, int]] = field(default_factory=dict)

    def socket(self, type_: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        inside = _Inside(socket.AF_INET, type_)
        inside.setblocking(False)
        return inside

    async def begin(self, address: str, port: int) -> Streams:
        """What the pod does when it connects to that address."""
        caller = socket.socket()
        caller.bind(("127.0.0.1", 0))
        self.destinations[caller.getsockname()] = address, port
        caller.setblocking(False)
        await asyncio.get_running_loop().sock_connect(caller, self.redirected.getsockname())
        return await asyncio.open_connection(sock=caller)

    def close(self) -> None:
        for each in (self.redirected, *self.names):
            each.close()


def _udp() -> socket.socket:
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    return names


@dataclass
class Islands:
    """Pods with an island each, and the network between them."""

    store: Store
    network: Network
    destinations: dict[object, tuple[str, int]]
    stack: contextlib.AsyncExitStack

    def pod(
        self, name: str, labels: Mapping[str, str] | None = None, port: int = 0, **spec: Any
    ) -> FakeIsland:
        """Of namespace dev, admitted; `port` is a container's named `http`."""
        island = FakeIsland(f"127.77.{_third}.{next(_fourth)}", destinations=self.destinations)
        self.stack.callback(island.close)
        ports = [{"name": "http", "containerPort": port}] if port else []
        pod = self.store.create(
            PODS,
            {
                "metadata": {"name": name, "namespace": "dev", "labels": labels or {}},
                "spec": {"containers": [{"name": "app", "ports": ports}], **spec},
                "status": {"podIP": island.ip},
            },
        )
        # a kind with a status subresource loses it when it is created
        self.store.update(PODS, {**pod, "status": {"podIP": island.ip}}, subresource="status")
        self.network.admit(pod, island.ip, island)
        return island

    async def app(
        self, island: FakeIsland, serve: Callable[[Streams], Awaitable[None]], port: int = 0
    ) -> int:
        """Listens inside; its port."""

        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve((reader, writer))
            await close(writer)

        server = await asyncio.start_server(served, _inside(island.ip), port)
        self.stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def service(self, name: str, cluster_ip: str, *targets: tuple[str, int], **spec: Any) -> None:
        """Of namespace dev, with a port `http` 80; targets are pod names, or addresses, with their ports."""
        meta = {"name": name, "namespace": "dev"}
        ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
        self.store.create(
            SERVICES, {"metadata": meta, "spec": {"clusterIP": cluster_ip, "ports": ports, **spec}}
        )
        for target, port in targets:
            pod = self.store.get(PODS, "dev", target)
            endpoint: Object = {"addresses": [target], "conditions": {"ready": True}}
            if pod:
                endpoint["addresses"] = [pod["status"]["podIP"]]
                endpoint["targetRef"] = {"kind": "Pod", "name": target, "namespace": "dev"}
                if hostname := pod["spec"].get("hostname"):
                    endpoint["hostname"] = hostname
            self.store.create(
                ENDPOINT_SLICES,
                {
                    "metadata": {
                        "generateName": f"{name}-",
                        "namespace": "dev",
                        "labels": {"kubernetes.io/service-name": name},
                    },
                    "endpoints": [endpoint],
                    "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
                },
            )

    def policy(self, name: str, **spec: Any) -> None:
        meta = {"name": name, "namespace": "dev"}
        self.store.create(NETWORK_POLICIES, {"metadata": meta, "spec": spec})


@pytest.fixture
async def islands(store: Store, tmp_path: Path) -> AsyncIterator[Islands]:
    """In namespace dev; names of the world are asked of nobody."""
    store.create(NAMESPACES, {"metadata": {"name": "dev", "labels": {"env": "dev"}}})
    destinations: dict[object, tuple[str, int]] = {}
    network = Network(
        store,
        Recorder(store, "kubelet", "drydock"),
        destination=lambda near: destinations[near.getpeername()],
        upstream=Upstream(tmp_path / "resolv.conf"),
    )
    await network.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(network.stop)
        yield Islands(store, network, destinations, stack)
