"""The bell that wakes a rollout's watcher."""

import asyncio

import pytest

from shipway.kube.watch import Bell


async def test_a_ring_before_the_wait_is_not_lost() -> None:
    bell = Bell()
    bell.ring()
    await asyncio.wait_for(bell.wait(), 45)


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancellation_that_comes_with_the_ring_is_not_lost(turns: int) -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bell.ring()
    for _ in range(turns):
        await asyncio.sleep(0)
    if waiting.cancel():
        await asyncio.wait([waiting])
        assert waiting.cancelled()
