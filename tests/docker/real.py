"""The real engine for tests that need one: which, and how an image runs on it."""

import asyncio
import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest

from shipway.commands.command import Command
from shipway.docker.engine import engine
from shipway.errors import CommandFailed, ProgramMissing, ShipwayError
from shipway.images.docker import DockerImage
from shipway.shell.local import LocalShell
from shipway.shell.shell import Shell

PATIENCE = 60.0  # seconds for a container to answer or to end


async def base(shell: Shell) -> str:
    """The image with Python that tests build on; skips where there is no engine or no image."""
    try:
        await engine(shell)
    except ShipwayError as silent:
        pytest.skip(silent.problem)
    found = os.environ.get("SHIPWAY_DOCKER_BASE")
    if not found:
        pytest.skip("SHIPWAY_DOCKER_BASE names no base image (make docker-lab has one)")
    return found


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    url: str
    shell: Shell

    async def get(self, path: str) -> httpx2.Response:
        """As soon as it answers."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        async with httpx2.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    return await client.get(f"{self.url}{path}")
                except httpx2.TransportError:
                    assert asyncio.get_running_loop().time() < deadline, await self.logs()
                    await asyncio.sleep(0.05)

    async def end(self) -> int:
        """Its exit code after SIGTERM."""
        await docker(self.shell, "kill", "--signal", "TERM", self.name)
        async with asyncio.timeout(PATIENCE):
            return int(await docker(self.shell, "wait", self.name))

    async def logs(self) -> str:
        said = await self.shell.run(Command(("docker", "logs", self.name)))
        return said.stdout + said.stderr


@asynccontextmanager
async def running(shell: Shell, image: str) -> AsyncIterator[Container]:
    """As a cluster with a strict policy would run it."""
    name = f"shipway-test-{uuid.uuid4().hex[:12]}"
    locked = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
    user = ("--user", "10001:10001", "--security-opt", "no-new-privileges")
    port = ("--publish", "127.0.0.1::3000")
    try:
        await docker(shell, "run", "--detach", "--name", name, *locked, *user, *port, image)
        where = (await docker(shell, "port", name, "3000/tcp")).splitlines()[0]
        yield Container(name, f"http://{where}", shell)
    finally:
        await docker(shell, "rm", "--force", "--volumes", name)
        await docker(shell, "image", "rm", image)


async def forget(image: DockerImage) -> None:
    """What a build leaves in the engine, which is its cache too."""
    if "SHIPWAY_DOCKER_BASE" in os.environ:
        with contextlib.suppress(CommandFailed, ProgramMissing):
            await docker(LocalShell(image.root), "image", "rm", image.name)


async def docker(shell: Shell, *words: str) -> str:
    return (await shell.run(Command(("docker", *words)))).stdout.strip()
