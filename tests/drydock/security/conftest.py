"""Servers over real sockets, and clients that say whatever they like to them."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.types import ASGIApp

from drydock.connections import Bounded
from drydock.pki import Identity, identity
from tests.loopback import listen

PATIENCE = 45.0  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def say(self, *pieces: bytes) -> bytes:
        """All that comes back until the server closes, or answers a request that asks it to close."""
        async with self.connection() as (reader, writer), asyncio.timeout(PATIENCE):
            for piece in pieces:
                writer.write(piece)
            return await reader.read()

    async def status(self, *pieces: bytes) -> int:
        return int((await self.say(*pieces)).split(b" ", 2)[1])


@asynccontextmanager
async def served(
    app: ASGIApp,
    tls: Identity | None = None,
    protocol: type[Bounded] = Bounded,
    *,
    keep_alive: int = 45,
) -> AsyncIterator[Server]:
    """As drydock serves it."""
    listener = listen()
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    trust = ssl.create_default_context(cadata=tls.authority) if tls else None
    try:
        yield Server(listener.getsockname()[1], trust)
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("pki"), datetime.now(UTC))


def head(method: str, path: str, *headers: str, host: str = "127.0.0.1") -> bytes:
    """A request's head, after which the server closes."""
    lines = (f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
