"""The bell that wakes a rollout's watcher."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

from shipway.kube.watch import Bell, changes


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


async def test_a_watch_that_is_refused_or_broken_is_begun_again() -> None:
    asked: Counter[str] = Counter()
    well = {"pods": asyncio.Event(), "deployments": asyncio.Event()}

    def answer(request: httpx2.Request) -> httpx2.Response:
        plural = request.url.path.rpartition("/")[2]
        asked[plural] += 1
        match asked[plural]:
            case 1:
                return httpx2.Response(500, text="no")
            case 2:
                raise httpx2.ReadError("broken", request=request)
        well[plural].set()
        return httpx2.Response(200, content=silence())

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(answer))
    async with changes(client, "dev"), asyncio.timeout(45):
        for each in well.values():
            await each.wait()
    await client.aclose()
