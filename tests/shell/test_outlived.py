"""A process that outlives its turn is found by what it was given, with all that it started, and ended."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import psutil
import pytest

from shipway.shell import outlived

PLACE = f"https://127.0.0.1:1 dev/app-{os.getpid()}"
PARENT = (
    "import subprocess, sys; "
    "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=sys.stdin); "
    "print(child.pid, flush=True); child.wait()"
)


@pytest.fixture
async def family() -> AsyncIterator[set[int]]:
    """A parent and its child, of the turn with fence 7."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        env={**os.environ, **outlived.mark(PLACE, 7)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    yield {process.pid, int(await asyncio.wait_for(process.stdout.readline(), 30))}
    process.stdin.close()  # which both wait for
    await asyncio.wait_for(process.wait(), 30)


async def test_it_is_found_by_the_next_turn_and_by_no_other(family: set[int]) -> None:
    assert {each.pid for each in await outlived.find(PLACE, 8)} == family
    assert await outlived.find(PLACE, 7) == []
    assert await outlived.find(f"{PLACE}-other", 8) == []


async def test_it_is_gone_when_that_was_said(family: set[int]) -> None:
    for each in await outlived.find(PLACE, 8):
        assert each.program.startswith("python")
        await asyncio.wait_for(outlived.end(each), 30)
        gone = not psutil.pid_exists(each.pid)
        assert gone or psutil.Process(each.pid).status() == psutil.STATUS_ZOMBIE
    assert await outlived.find(PLACE, 8) == []


async def test_what_is_gone_already_needs_no_end(family: set[int]) -> None:
    found = await outlived.find(PLACE, 8)
    for each in [*found, *found]:
        await asyncio.wait_for(outlived.end(each), 30)
