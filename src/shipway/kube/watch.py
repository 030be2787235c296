"""Wakes whoever waits for a rollout as soon as something in its namespace moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from lightkube import AsyncClient
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod

HEARTBEAT = 2.0  # seconds after which we look even though nobody told us to
PAUSE = 0.1  # seconds before a broken watch is begun again; twice as many each time that it fails


@asynccontextmanager
async def changes(client: AsyncClient, namespace: str) -> AsyncIterator["Bell"]:
    bell = Bell()
    watches = [
        asyncio.create_task(_ring(client, kind, namespace, bell)) for kind in (Deployment, Pod)
    ]
    try:
        yield bell
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


class Bell:
    """Rings at each change; without one, at each heartbeat."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self) -> None:
        try:
            # Python 3.11's wait_for loses a cancellation that comes together with the ring
            async with asyncio.timeout(HEARTBEAT):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()


async def _ring(
    client: AsyncClient, kind: type[Deployment] | type[Pod], namespace: str, bell: Bell
) -> None:
    """A broken watch is begun again, and tells at once what it missed; meanwhile the heartbeat does its work."""
    pause = PAUSE
    while True:
        try:
            async for _ in client.watch(kind, namespace=namespace):
                bell.ring()
                pause = PAUSE
        except httpx2.HTTPError:  # a refusal too: whoever looks is told the same, and can say it
            await asyncio.sleep(pause)
            pause = min(2 * pause, HEARTBEAT)
