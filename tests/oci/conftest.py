"""drydock's registry over real HTTP, in this process or in one that can be killed, and what is put before it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

from drydock.registry.app import create
from shipway.oci.artifact import Artifact, Blob, Descriptor
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.oci.retry import Patience
from tests.loopback import listen

HASTE = Patience(first=0.01, longest=0.05)

PROCESS = """
import sys, uvicorn
from pathlib import Path
from drydock.registry.app import create
from tests.loopback import listen
app = create(Path(sys.argv[1]), allowed_hosts={"127.0.0.1"})
listener = listen(int(sys.argv[2]))
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")
uvicorn.Server(config).run(sockets=[listener])
"""


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[Address]:
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")
    server = uvicorn.Server(config)
    with listen() as listener:
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Address(f"127.0.0.1:{port}", plain_http=True)
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def start(root: Path, port: int = 0) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """In a process of its own, which does not outlive the test."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, str(root), str(port)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        yield child, int(await asyncio.wait_for(child.stdout.readline(), timeout=45))
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def image(
    note: str, subject: Descriptor | None = None, artifact_type: str | None = None
) -> Artifact:
    """Another note makes another image."""
    return Artifact(
        Blob.of("application/vnd.oci.image.config.v1+json", b"{}"),
        (Blob.of("application/vnd.oci.image.layer.v1.tar", note.encode()),),
        artifact_type=artifact_type,
        subject=subject,
    )


@pytest.fixture
def app(tmp_path: Path) -> ASGIApp:
    return create(tmp_path / "registry", allowed_hosts={"127.0.0.1"})


@pytest.fixture
async def address(app: ASGIApp) -> AsyncIterator[Address]:
    async with serve(app) as address:
        yield address


@pytest.fixture
async def registry(address: Address) -> AsyncIterator[Registry]:
    async with Registry(address, patience=HASTE) as registry:
        yield registry
