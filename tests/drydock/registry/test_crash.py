"""A registry that is killed, and one that is given much."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from tests.drydock.registry.conftest import Process, sha256, start

MEBIBYTE = 1 << 20


async def until_it_stands_at(process: Process, location: str, size: int) -> None:
    async with asyncio.timeout(45):
        while True:
            response = await process.registry.http.get(location)
            if int(response.headers["Range"].partition("-")[2]) >= size - 1:
                return
            await asyncio.sleep(0.01)


async def test_after_a_kill_the_blob_is_invisible_and_the_upload_goes_on(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4 * 4096
    digest = sha256(content)
    half = len(content) // 2

    async def broken_off() -> AsyncIterator[bytes]:
        yield content[: half + 1]
        await asyncio.Event().wait()

    async with start(tmp_path) as first:
        begun = await first.registry.http.post("/v2/team/app/blobs/uploads/")
        location = begun.headers["Location"]
        push = asyncio.create_task(first.registry.http.patch(location, content=broken_off()))
        await until_it_stands_at(first, location, MEBIBYTE)
        await first.kill()
        push.cancel()
        await asyncio.wait([push])

    async with start(tmp_path) as second:
        http = second.registry.http
        assert (await http.head(f"/v2/team/app/blobs/{digest}")).status_code == 404
        stands = int((await http.get(location)).headers["Range"].partition("-")[2]) + 1
        assert MEBIBYTE <= stands <= half + 1
        rest = {"Content-Range": f"{stands}-{len(content) - 1}"}
        response = await http.patch(location, content=content[stands:], headers=rest)
        assert response.status_code == 202
        done = await http.put(f"{location}?digest={digest}")
        assert done.status_code == 201
        assert (await http.get(f"/v2/team/app/blobs/{digest}")).content == content


async def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    async with start(tmp_path) as first:
        digest = await first.registry.push_image("team/app", "v1", "one")
        await first.kill()
    async with start(tmp_path) as second:
        response = await second.registry.http.get("/v2/team/app/manifests/v1")
        assert sha256(response.content) == digest
        layer = await second.registry.http.get(f"/v2/team/app/blobs/{sha256(b'one')}")
        assert layer.content == b"one"


async def test_a_large_blob_is_never_whole_in_memory(tmp_path: Path) -> None:
    piece, pieces = bytes(range(256)) * 4096, 96
    hashed = hashlib.sha256()
    for _ in range(pieces):
        hashed.update(piece)
    digest = f"sha256:{hashed.hexdigest()}"

    async def content() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield piece

    async with start(tmp_path) as process:
        server = psutil.Process(process.child.pid)
        before = server.memory_info().rss
        http = process.registry.http
        url = f"/v2/team/app/blobs/uploads/?digest={digest}"
        assert (await http.post(url, content=content())).status_code == 201
        received = 0
        async with http.stream("GET", f"/v2/team/app/blobs/{digest}") as response:
            async for part in response.aiter_raw():
                received += len(part)
        assert received == pieces * MEBIBYTE
        assert server.memory_info().rss - before < 32 * MEBIBYTE
