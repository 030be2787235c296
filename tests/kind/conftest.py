"""One machine for each test, whose cluster is drydock's API: TLS, a token, a store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from drydock import pki
from drydock.api import app as api
from tests.aws.cloud import serve
from tests.kind.machine import TOKEN, Machine


class NoLogs:
    """No pod runs here."""

    async def read(self, *_: object, **__: object) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for line in nothing:
            yield line


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    folder = tmp_path / "pki"
    folder.mkdir()
    identity = pki.identity(folder, datetime.now(UTC))
    pem = tmp_path / "api.pem"
    pem.write_bytes(identity.key.read_bytes() + identity.certificate.read_bytes())
    root = tmp_path / "project"
    root.mkdir()
    played = Machine(root, 0, identity.authority)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """The cluster of the moment: a new one begins empty."""
        now = api.create(played.store, token=TOKEN, logs=NoLogs(), allowed_hosts=("127.0.0.1",))
        await now(scope, receive, send)

    async with serve(app, pem) as port:
        played.port = port
        yield played
        played.store.close()
