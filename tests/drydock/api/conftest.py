"""An API server on a store in memory: called in process, or served with TLS for the real clients."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import uvicorn
from starlette.types import ASGIApp

from drydock.api.app import MAX_BODY, create
from drydock.kubeconfig import kubeconfig
from drydock.pki import Identity, identity
from drydock.resources import NAMESPACES, Object
from drydock.store import Store
from drydock.upgrades import WebSockets
from tests.drydock.api.pods import Pods
from tests.loopback import listen

TOKEN = "s3cret"

Call = Callable[..., Awaitable[tuple[int, Any]]]


@dataclass
class Lines:
    """A node that has these lines of every container, and remembers what it was asked."""

    lines: tuple[bytes, ...] = (b"one\n", b"two\n", b"three\n")
    asked: tuple[Any, ...] = ()

    async def read(
        self,
        pod: Object,
        container: str,
        *,
        previous: bool,
        follow: bool,
        tail_lines: int | None,
        since: datetime | None,
        timestamps: bool,
    ) -> AsyncIterator[bytes]:
        name = pod["metadata"]["name"]
        self.asked = (name, container, previous, follow, tail_lines, since, timestamps)
        for line in self.lines:
            yield line


@pytest.fixture
def store() -> Store:
    store = Store()
    for name in ("default", "dev"):
        store.create(
            NAMESPACES,
            {
                "metadata": {"name": name},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            },
        )
    return store


@pytest.fixture
def logs() -> Lines:
    return Lines()


@pytest.fixture
def pods() -> Pods:
    return Pods()


@pytest.fixture
def app(store: Store, logs: Lines, pods: Pods) -> ASGIApp:
    return create(
        store, token=TOKEN, logs=logs, pods=pods, allowed_hosts=("127.0.0.1", "localhost")
    )


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="https://127.0.0.1",
        headers={"Authorization": f"Bearer {TOKEN}", "User-Agent": "tests/1"},
    ) as client:
        yield client


@pytest.fixture
def call(client: httpx2.AsyncClient) -> Call:
    """`call("POST", path, body)` is the status code and the decoded answer. Keywords are query parameters."""

    async def request(
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        **query: str,
    ) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        response = await client.request(
            method,
            path,
            params=query,
            content=b"" if body is None else content,
            headers={"Content-Type": content_type, "Accept": accept},
        )
        return response.status_code, response.json()

    return request


@asynccontextmanager
async def serving(app: ASGIApp, tls: Identity) -> AsyncIterator[int]:
    """The port of `app`, served with TLS as long as this lasts."""
    listener = listen()
    config = uvicorn.Config(
        app,
        http="httptools",
        ws=WebSockets,
        ws_max_size=MAX_BODY,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        access_log=False,
        ssl_certfile=tls.certificate,
        ssl_keyfile=tls.key,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("pki"), datetime.now(UTC))


def write_kubeconfig(path: Path, port: int, tls: Identity) -> None:
    path.touch(mode=0o600)
    path.write_text(kubeconfig(port, tls.authority, TOKEN), encoding="utf-8")


@pytest.fixture
async def server(
    app: ASGIApp, store: Store, tls: Identity, isolated: Mapping[str, str]
) -> AsyncIterator[str]:
    """The address of the app, for which the isolated KUBECONFIG is written."""
    async with serving(app, tls) as port:
        write_kubeconfig(Path(isolated["KUBECONFIG"]), port, tls)
        yield f"https://127.0.0.1:{port}"
        store.close()
