"""Letting go of connections."""

import asyncio
import contextlib

_PATIENCE = 1.0  # seconds


async def close(writer: asyncio.StreamWriter) -> None:
    """Whatever the other side does."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await writer.wait_closed()
