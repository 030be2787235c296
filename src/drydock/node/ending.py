"""Work that has to be done to its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """A cancellation of the caller is obeyed when `work` is done, and does not cut it short."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as problem:
            cancelled = problem
    task.result()
    if cancelled:
        raise cancelled
