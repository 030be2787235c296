"""A response of unknown length that ends when its source does or the client leaves."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive, Scope, Send


@asynccontextmanager
async def closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Ends a generator as soon as nobody reads it, not when the collector finds it."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


class Stream:
    """An ASGI response. Whatever `chunks` holds is freed at once when the client disconnects."""

    def __init__(self, chunks: AsyncIterator[bytes], *, media_type: str) -> None:
        self._chunks = chunks
        self._media_type = media_type

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_until_disconnected(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        headers = [
            (b"content-type", self._media_type.encode()),
            (b"cache-control", b"no-cache, private"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async with closing(self._chunks) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
