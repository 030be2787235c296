"""A machine whose cluster is drydock's API: TLS, a token, a store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import Receive, Scope, Send

from drydock import pki
from drydock.api import app as api
from tests.aws.cloud import serve
from tests.kind.machine import TOKEN, Machine
from tests.no_pods import NoPods


class NoLogs:
    """No pod runs here."""

    async def read(self, *_: object, **__: object) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for line in nothing:
            yield line


@asynccontextmanager
async def stand_in(folder: Path, root: Path) -> AsyncIterator[Machine]:
    """`folder` is for the keys of the API, `root` is the project's; both are there."""
    identity = pki.identity(folder, datetime.now(UTC))
    pem = folder / "api.pem"
    pem.write_bytes(identity.key.read_bytes() + identity.certificate.read_bytes())
    machine = Machine(root, 0, identity.authority)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """The cluster of the moment: a new one begins empty."""
        now = api.create(
            machine.store, token=TOKEN, logs=NoLogs(), pods=NoPods(), allowed_hosts=("127.0.0.1",)
        )
        await now(scope, receive, send)

    async with serve(app, pem) as port:
        machine.port = port
        yield machine
        machine.store.close()
