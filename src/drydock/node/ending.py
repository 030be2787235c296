"""Ends: work that has to be done to its own, processes that are asked before they are made to."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

from drydock.node.runtime import Process


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


async def ended_in(process: Process, grace: float) -> int:
    """SIGTERM, and SIGKILL when it has not ended after `grace` seconds; its return code."""
    process.signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        # not wait_for: Python 3.11's swallows a cancellation that comes in the moment of the end
        async with asyncio.timeout(grace):
            await process.wait()
    process.signal(signal.SIGKILL)
    return await process.wait()
