"""Real pods in networks of their own, and a policy such as the sample's for prod."""

import asyncio
import json
from typing import Any

import pytest

from drydock.home import WantedNode
from drydock.node.network.dial import dial
from drydock.node.network.streams import close
from drydock.resources import ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, SERVICES
from tests.drydock.node.conftest import CONFIG, Cluster, Shelf, layer, possible

PROGRAM = """
import errno, json, signal, socket, socketserver, sys, threading

stopping = threading.Event()

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        said = self.rfile.readline().decode()
        self.wfile.write(f"{self.client_address[0]} says {said}".encode())
        if said == "wait\\n":
            stopping.wait()
            self.wfile.write(b"done")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

def attempt(host, port):
    try:
        with socket.create_connection((host, int(port)), 20) as connection:
            connection.sendall(b"hello\\n")
            return connection.makefile().read()
    except OSError as problem:
        return errno.errorcode.get(problem.errno, type(problem).__name__)

what, *where = sys.argv[1:]
if what == "serve":
    with Server(("0.0.0.0", int(where[0])), Handler) as server:
        def stop(*_):
            stopping.set()
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        server.serve_forever()
else:
    print(json.dumps([attempt(*each.rsplit(":", 1)) for each in where]))
"""


@pytest.fixture
def mode() -> WantedNode:
    return possible("isolated")


@pytest.fixture
def image(shelf: Shelf) -> str:
    config = {**CONFIG, "Entrypoint": ["python", "/app/talk.py"]}
    return shelf.add("talk", "1", [layer({"app/talk.py": PROGRAM})], config)


async def serve(cluster: Cluster, name: str, image: str, app: str, port: int) -> str:
    """A pod behind a service of its name, with the same port; the pod's address."""
    container = {
        "name": "app",
        "image": image,
        "args": ["serve", str(port)],
        "ports": [{"containerPort": port}],
        "readinessProbe": {"tcpSocket": {"port": port}},
    }
    cluster.create(name, {"containers": [container]}, labels={"app": app})
    ip = await cluster.ready(name)
    meta = {"name": name, "namespace": "default"}
    ports = [{"port": port, "protocol": "TCP"}]
    spec = {"clusterIP": f"10.96.1.{len(cluster.store.list(SERVICES)) + 1}", "ports": ports}
    cluster.store.create(SERVICES, {"metadata": meta, "spec": spec})
    endpoint = {
        "addresses": [ip],
        "conditions": {"ready": True},
        "targetRef": {"kind": "Pod", "name": name, "namespace": "default"},
    }
    labels = {"kubernetes.io/service-name": name}
    found = {"metadata": {**meta, "labels": labels}, "endpoints": [endpoint], "ports": ports}
    cluster.store.create(ENDPOINT_SLICES, found)
    return ip


async def tried(cluster: Cluster, name: str, image: str, app: str, *where: str) -> Any:
    """What a pod of that label hears there: an answer, or an error's name; and its address."""
    container = {"name": "app", "image": image, "args": ["try", *where]}
    cluster.create(name, {"containers": [container], "restartPolicy": "Never"}, labels={"app": app})
    assert await cluster.ended(name) == "Succeeded", await cluster.logs(name)
    return json.loads(await cluster.logs(name)), cluster.status(name)["podIP"]


async def knock(ip: str, port: int) -> str:
    """From this machine."""
    reader, writer = await dial(None, ip, port)
    try:
        writer.write(b"hello\n")
        async with asyncio.timeout(60):
            return (await reader.read()).decode()
    finally:
        await close(writer)


async def test_a_policy_binds_both_ends_of_what_pods_say(cluster: Cluster, image: str) -> None:
    web = await serve(cluster, "web", image, "web", 3000)
    await serve(cluster, "vault", image, "vault", 443)
    await serve(cluster, "database", image, "database", 5432)
    answers, ip = await tried(
        cluster, "before", image, "other", "web:3000", "database.default:5432", "none:80"
    )
    assert answers == [f"{ip} says hello\n", f"{ip} says hello\n", "gaierror"]
    assert await knock(web, 3000) == "127.76.0.1 says hello\n"

    friend = {"podSelector": {"matchLabels": {"app": "friend"}}}
    spec = {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": 3000, "protocol": "TCP"}], "from": [friend]}],
        "egress": [
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
            {"ports": [{"port": 443, "protocol": "TCP"}]},
        ],
    }
    meta = {"name": "web", "namespace": "default"}
    cluster.store.create(NETWORK_POLICIES, {"metadata": meta, "spec": spec})
    answers, ip = await tried(cluster, "friend", image, "friend", "web:3000", f"{web}:3000")
    assert answers == [f"{ip} says hello\n"] * 2
    answers, _ = await tried(cluster, "stranger", image, "other", "web:3000", f"{web}:3000")
    assert answers == ["ECONNRESET"] * 2
    answers, ip = await tried(
        cluster, "itself", image, "web", "vault:443", "database:5432", "203.0.113.9:80"
    )
    assert answers == [f"{ip} says hello\n", "ECONNRESET", "ECONNRESET"]
    with pytest.raises(ConnectionResetError):
        await knock(web, 3000)
    assert cluster.is_ready("web")

    home = cluster.store.create(NAMESPACES, {"metadata": {"name": "kube-system"}})
    name = {"kubernetes.io/metadata.name": home["metadata"]["name"]}
    ingress = {"from": [{"namespaceSelector": {"matchLabels": name}}]}
    opened = {**spec, "ingress": [*spec["ingress"], ingress]}
    cluster.store.update(NETWORK_POLICIES, {"metadata": meta, "spec": opened})
    assert await knock(web, 3000) == "127.76.0.1 says hello\n"


async def test_what_is_open_when_a_pod_ends_is_finished_and_closed_in_order(
    cluster: Cluster, image: str
) -> None:
    web = await serve(cluster, "web", image, "web", 3000)
    reader, writer = await dial(None, web, 3000)
    writer.write(b"wait\n")
    async with asyncio.timeout(60):
        assert await reader.readline() == b"127.76.0.1 says wait\n"
    await cluster.delete("web")
    async with asyncio.timeout(60):
        assert await reader.read() == b"done"
    await close(writer)
    with pytest.raises(ConnectionRefusedError):
        await knock(web, 3000)
