import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Message

from drydock.api.streaming import Stream


class Client:
    """The other side of an ASGI connection; it stops reading after so many chunks."""

    def __init__(self, *, reads: int) -> None:
        self.reads = reads
        self.got: list[bytes] = []
        self.left = asyncio.Event()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            if len(self.got) == self.reads:
                await asyncio.Event().wait()
            self.got.append(message["body"])

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}


class Source:
    def __init__(self, *, chunks: int, fails: bool = False) -> None:
        self.chunks = chunks
        self.fails = fails
        self.closed = False

    async def __call__(self) -> AsyncIterator[bytes]:
        try:
            for number in range(self.chunks):
                yield f"{number}\n".encode()
            if self.fails:
                raise RuntimeError("broken")
        finally:
            self.closed = True


async def stream(source: Source, client: Client) -> None:
    scope: dict[str, Any] = {"type": "http"}
    async with asyncio.timeout(45):
        await Stream(source(), media_type="text/plain")(scope, client.receive, client.send)


async def test_ends_when_its_source_does() -> None:
    source, client = Source(chunks=2), Client(reads=99)
    await stream(source, client)
    assert client.got == [b"0\n", b"1\n", b""]
    assert source.closed


async def test_closes_its_source_when_the_client_leaves() -> None:
    source, client = Source(chunks=99), Client(reads=3)
    streaming = asyncio.create_task(stream(source, client))
    await asyncio.sleep(0)
    client.left.set()
    await streaming
    assert len(client.got) <= 3
    assert source.closed


async def test_says_so_when_its_source_breaks() -> None:
    source, client = Source(chunks=1, fails=True), Client(reads=99)
    with pytest.raises(RuntimeError, match="broken"):
        await stream(source, client)
