"""The service as a real process with a real port: its own tests stay in process."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2] / "app"
PATIENCE = 15  # seconds, on a busy machine

OCCUPIED = (
    "sample-app: cannot listen on 127.0.0.1:{port}: Address already in use;"
    " set HOST and PORT to an address that is free\n"
)


class Service:
    """A running process and the lines it has written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = json.loads(await self._process.stdout.readline())
        assert isinstance(line, dict)
        return {key: value for key, value in line.items() if key != "time"}

    def terminate(self) -> None:
        self._process.terminate()

    async def end(self) -> tuple[int, str]:
        """Exit code and what stderr holds."""
        _, stderr = await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode, stderr.decode()


@asynccontextmanager
async def started(*arguments: str, **environment: str) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOST": "127.0.0.1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield Service(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_the_service_starts_answers_and_stops_with_exit_code_0() -> None:
    async with started("-m", "sample_app", PORT="0", APP_TAG="v1.2.0") as service:
        line = await service.line()
        port = line.pop("port")
        assert line == {"level": "info", "message": "started", "host": "127.0.0.1", "tag": "v1.2.0"}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            response = await client.get("/version")
            assert response.json() == {"tag": "v1.2.0", "digest": None}
            assert (await client.get("/health/ready")).status_code == 200
        assert (await service.line())["path"] == "/version"

        async with started("-m", "sample_app", PORT=str(port)) as second:
            code, stderr = await second.end()
        assert (code, stderr) == (1, OCCUPIED.format(port=port))

        service.terminate()
        assert await service.line() == {"level": "info", "message": "stopping", "in_flight": 0}
        assert await service.line() == {"level": "info", "message": "stopped"}
        assert await service.end() == (0, "")


async def test_a_wrong_port_ends_with_exit_code_2_and_one_line() -> None:
    async with started("-m", "sample_app", PORT="http") as service:
        assert await service.end() == (
            2,
            'sample-app: PORT is "http": set it to a whole number from 0 to 65535\n',
        )


async def test_a_request_in_flight_finishes_while_readiness_says_stopping() -> None:
    async with started(str(Path(__file__).with_name("holding_service.py"))) as service:
        url = f"http://127.0.0.1:{(await service.line())['port']}"
        async with httpx2.AsyncClient(base_url=url) as client:
            holding = asyncio.create_task(client.get("/hold"))
            await client.get("/held")

            service.terminate()
            ready = await client.get("/health/ready")
            while ready.status_code == 200:
                ready = await client.get("/health/ready")

            assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
            assert not holding.done()
            await client.get("/let-go")
            assert (await holding).json() == {"held": "to the end"}
        assert (await service.end())[0] == 0
