"""Patience for what a client can only see by asking again."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 60.0  # seconds


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110  # nobody tells: it is another process
            await asyncio.sleep(0.02)


async def until_true(holds: Callable[[], object]) -> None:
    async def asked() -> object:
        return holds()

    await until(asked)
