"""Questions to an API that may be out of order for a while: asked until it answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2

OUTAGE = 12.0  # seconds
PAUSE = 0.5  # seconds

Answer = TypeVar("Answer")


async def steadily(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Raises what it could not help after OUTAGE seconds, and a refusal at once."""
    loop = asyncio.get_running_loop()
    end = loop.time() + OUTAGE
    while True:
        try:
            return await ask()
        except httpx2.HTTPError as error:
            if not passes(error) or loop.time() >= end:
                raise
        await asyncio.sleep(PAUSE)


def passes(error: httpx2.HTTPError) -> bool:
    """Trouble, and no answer."""
    if not isinstance(error, httpx2.HTTPStatusError):
        return True
    code = error.response.status_code
    return code in {408, 429} or code >= 500
