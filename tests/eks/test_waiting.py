"""Waiting beside a command: what it ends with is passed on, and an interrupt reaches it."""

import asyncio

import pytest

from shipway.eks.waiting import Pace, alongside
from shipway.errors import CommandFailed
from shipway.pipeline.events import Event, Progress
from shipway.pipeline.stage import Say

PACE = Pace(pause=0.01, limit=1)


async def half() -> str:
    return "half of it"


async def test_progress_is_told_until_the_work_ends() -> None:
    told: list[Event] = []
    enough = asyncio.Event()

    def hear(event: Event) -> None:
        told.append(event)
        if len(told) == 3:
            enough.set()

    async def work() -> str:
        await enough.wait()
        return "all of it"

    async with asyncio.timeout(30):
        assert await alongside(work(), half, PACE, Say("deploy", hear)) == "all of it"
    assert told[:3] == [Progress("deploy", "half of it, 0 s")] * 3


async def test_a_failure_of_the_work_is_passed_on() -> None:
    async def work() -> None:
        raise CommandFailed("cdk deploy", 1)

    with pytest.raises(CommandFailed):
        await alongside(work(), half, PACE, Say("deploy", lambda _event: None))


async def test_an_interrupt_ends_the_work_before_it_goes_on() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    task = asyncio.create_task(alongside(work(), half, PACE, Say("deploy", lambda _event: None)))
    async with asyncio.timeout(30):
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ended.is_set()
