"""A cancellation that comes in the very moment of an end is still obeyed. Python 3.11's wait_for would lose it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import cast

import pytest

from drydock.node.ending import to_the_end
from drydock.node.launch import Launch
from drydock.node.network import streams
from drydock.node.process import Processes, ProcessGroup
from drydock.node.runtime import Stdio

FOREVER = 60.0  # seconds, far beyond what a test may take


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[ProcessGroup]:
    """It ends at SIGTERM."""
    code = "import time; time.sleep(60)"
    launch = Launch((sys.executable, "-c", code), {"PATH": "/usr/bin:/bin"}, tmp_path)
    process = Processes(tmp_path / "ledger").spawn(launch, "some-pod", Stdio(0, 1, 2))
    yield process
    await process.end(0)


async def obeyed(task: asyncio.Task[None]) -> bool:
    await asyncio.wait([task], timeout=45)
    ended = task.cancelled()
    task.cancel()
    await asyncio.wait([task])
    return ended


async def and_more(work: Awaitable[object]) -> None:
    await work
    await asyncio.sleep(FOREVER)


async def test_ending_a_process_obeys_a_cancellation_in_the_moment_of_its_end(
    process: ProcessGroup,
) -> None:
    ending = asyncio.create_task(and_more(process.end(FOREVER)))

    async def cancel_at_the_end() -> None:
        await process.wait()
        ending.cancel()

    await asyncio.gather(asyncio.sleep(0), cancel_at_the_end())
    assert await obeyed(ending)


class Closing:
    """A connection whose task is cancelled just when it has closed."""

    task: asyncio.Task[None] | None = None

    def close(self) -> None:
        """It closes when it is waited for."""

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)
        assert self.task is not None
        self.task.cancel()


async def test_closing_a_connection_obeys_a_cancellation_in_the_moment_of_its_close() -> None:
    connection = Closing()
    closing = streams.close(cast(asyncio.StreamWriter, connection))
    connection.task = asyncio.create_task(and_more(closing))
    assert await obeyed(connection.task)


async def test_what_must_be_done_is_done_before_a_cancellation_is_obeyed() -> None:
    done: list[str] = []

    async def clean_up() -> None:
        await asyncio.sleep(0.05)
        done.append("all")

    ending = asyncio.create_task(to_the_end(clean_up()))
    for _ in range(3):
        await asyncio.sleep(0)
        ending.cancel()
    assert await obeyed(ending)
    assert done == ["all"]
