"""A registry of its own for each test: in this process, or in one that can be killed."""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp

from drydock.registry.app import create
from drydock.registry.schema import MANIFEST

PROCESS = """
import sys, uvicorn
from pathlib import Path
from drydock.registry.app import create
from tests.loopback import listen
app = create(Path(sys.argv[1]), allowed_hosts={"127.0.0.1"})
listener = listen()
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")
uvicorn.Server(config).run(sockets=[listener])
"""


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def descriptor(
    content: bytes, media_type: str = "application/octet-stream", **more: Any
) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": sha256(content), "size": len(content), **more}


def image(config: bytes, *layers: bytes, **more: Any) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [descriptor(layer) for layer in layers],
        **more,
    }


def code(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal, which must have the spec's shape."""
    (error,) = response.json()["errors"]
    assert error.keys() == {"code", "message", "detail"}
    return response.status_code, error["code"]


class Registry:
    """What a test says to a registry over and over, in the words of the distribution spec."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def push_blob(self, repository: str, content: bytes) -> str:
        digest = sha256(content)
        url = f"/v2/{repository}/blobs/uploads/?digest={digest}"
        response = await self.http.post(url, content=content)
        assert response.status_code == 201, response.text
        return digest

    async def put(
        self, repository: str, reference: str, manifest: dict[str, Any]
    ) -> httpx2.Response:
        return await self.http.put(
            f"/v2/{repository}/manifests/{reference}",
            content=json.dumps(manifest).encode(),
            headers={"Content-Type": manifest.get("mediaType", MANIFEST)},
        )

    async def push_image(self, repository: str, reference: str, note: str, **more: Any) -> str:
        """An image of one layer; another note makes another image. Its digest."""
        config, layer = b"{}", note.encode()
        await self.push_blob(repository, config)
        await self.push_blob(repository, layer)
        response = await self.put(repository, reference, image(config, layer, **more))
        assert response.status_code == 201, response.text
        return response.headers["Docker-Content-Digest"]


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[Registry]:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registry.test") as http:
        yield Registry(http)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with serve(create(tmp_path, allowed_hosts={"registry.test"})) as registry:
        yield registry


@dataclass
class Process:
    """A registry in a process of its own, over real HTTP."""

    child: asyncio.subprocess.Process
    port: int
    registry: Registry

    async def kill(self) -> None:
        self.child.kill()
        await self.child.wait()


@asynccontextmanager
async def start(root: Path) -> AsyncIterator[Process]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, str(root)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        port = int(await asyncio.wait_for(child.stdout.readline(), timeout=45))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield Process(child, port, Registry(http))
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
