"""A drydock that is killed and started again, in a home of its own."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx2
import psutil
import pytest

from drydock.home import Home, Status

T = TypeVar("T")
LONG = 60.0  # seconds; what takes so long will never come


async def until(found: Callable[[], T | None], seconds: float = LONG) -> T:
    """The first true answer, asked again and again until it comes."""
    async with asyncio.timeout(seconds):
        while True:
            if answer := found():
                return answer
            await asyncio.sleep(0.01)


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    found = []
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
    return found


@dataclass
class Drydock:
    home: Home

    async def run(self, verb: str, *words: str) -> tuple[int, str]:
        """Exit code, and stdout and stderr as one text."""
        process = await self.start(verb, *words)
        async with asyncio.timeout(LONG):
            said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def start(self, verb: str, *words: str) -> asyncio.subprocess.Process:
        argv = (sys.executable, "-m", "drydock", verb, "--home", str(self.home.root), *words)
        return await asyncio.create_subprocess_exec(
            *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )

    async def up(self) -> Status:
        code, said = await self.run("up", "--detach")
        assert code == 0, said
        return self.status

    @property
    def status(self) -> Status:
        status = self.home.status()
        assert status is not None
        return status

    @property
    def family(self) -> list[psutil.Process]:
        process = psutil.Process(self.status.pid)
        return [process, *process.children(recursive=True)]

    async def kill(self) -> None:
        """SIGKILL; returns when nothing of it is left."""
        family = self.family
        os.kill(family[0].pid, signal.SIGKILL)
        await until(lambda: not alive(family))

    @asynccontextmanager
    async def api(self) -> AsyncIterator[httpx2.AsyncClient]:
        async with httpx2.AsyncClient(
            base_url=f"https://127.0.0.1:{self.status.api}",
            verify=ssl.create_default_context(cafile=self.home.pki / "ca.crt"),
            headers={"Authorization": f"Bearer {self.home.token.read_text().strip()}"},
            trust_env=False,
            timeout=LONG,
        ) as client:
            yield client

    @property
    def tracebacks(self) -> list[str]:
        lines = self.home.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.startswith("Traceback")]


@pytest.fixture
async def drydock(tmp_path: Path) -> AsyncIterator[Drydock]:
    drydock = Drydock(Home(tmp_path / "drydock"))
    yield drydock
    await drydock.run("down")
