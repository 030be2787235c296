"""How blobs come in (distribution spec, Pushing a blob)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.drydock.registry.conftest import Registry, code, sha256

CONTENT = b"0123456789"
DIGEST = sha256(CONTENT)


async def begin(registry: Registry) -> str:
    response = await registry.http.post("/v2/team/app/blobs/uploads/")
    assert response.status_code == 202
    return response.headers["Location"]


async def read(registry: Registry, repository: str, digest: str) -> bytes | None:
    response = await registry.http.get(f"/v2/{repository}/blobs/{digest}")
    return response.content if response.status_code == 200 else None


def standing(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.headers["Range"]


async def test_a_new_upload_says_where_it_is_and_that_it_is_empty(registry: Registry) -> None:
    response = await registry.http.post("/v2/team/app/blobs/uploads/")
    upload = response.headers["Docker-Upload-UUID"]
    assert standing(response) == (202, "0-0")
    assert response.headers["Location"] == f"/v2/team/app/blobs/uploads/{upload}"


async def test_a_blob_in_one_request(registry: Registry) -> None:
    url = f"/v2/team/app/blobs/uploads/?digest={DIGEST}"
    response = await registry.http.post(url, content=CONTENT)
    assert response.status_code == 201
    assert response.headers["Location"] == f"/v2/team/app/blobs/{DIGEST}"
    assert response.headers["Docker-Content-Digest"] == DIGEST
    assert await read(registry, "team/app", DIGEST) == CONTENT


async def test_a_blob_in_a_session_and_one_put(registry: Registry) -> None:
    location = await begin(registry)
    response = await registry.http.put(f"{location}?digest={DIGEST}", content=CONTENT)
    assert (response.status_code, response.headers["Location"]) == (
        201,
        f"/v2/team/app/blobs/{DIGEST}",
    )
    assert await read(registry, "team/app", DIGEST) == CONTENT


async def test_a_blob_in_ordered_chunks(registry: Registry) -> None:
    location = await begin(registry)
    first = await registry.http.patch(
        location, content=CONTENT[:4], headers={"Content-Range": "0-3"}
    )
    assert standing(first) == (202, "0-3")
    second = await registry.http.patch(
        first.headers["Location"], content=CONTENT[4:8], headers={"Content-Range": "4-7"}
    )
    assert standing(second) == (202, "0-7")
    last = await registry.http.put(
        f"{second.headers['Location']}?digest={DIGEST}",
        content=CONTENT[8:],
        headers={"Content-Range": "8-9"},
    )
    assert last.status_code == 201
    assert await read(registry, "team/app", DIGEST) == CONTENT


async def test_a_large_streamed_blob_keeps_its_order(registry: Registry) -> None:
    pieces = [bytes([number]) * 300_000 for number in range(12)]  # several batches of the writer

    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    whole = b"".join(pieces)
    location = await begin(registry)
    response = await registry.http.patch(location, content=stream())
    assert standing(response) == (202, f"0-{len(whole) - 1}")
    done = await registry.http.put(f"{location}?digest={sha256(whole)}")
    assert done.status_code == 201
    assert await read(registry, "team/app", sha256(whole)) == whole


@pytest.mark.parametrize("content_range", ["0-3", "5-8", "9-2", "words", f"{'9' * 5000}-1"])
async def test_a_chunk_out_of_order_gets_416_and_where_the_upload_stands(
    registry: Registry, content_range: str
) -> None:
    location = await begin(registry)
    await registry.http.patch(location, content=CONTENT[:4], headers={"Content-Range": "0-3"})
    for method, url in (("PATCH", location), ("PUT", f"{location}?digest={DIGEST}")):
        response = await registry.http.request(
            method, url, content=CONTENT[:4], headers={"Content-Range": content_range}
        )
        assert code(response) == (416, "BLOB_UPLOAD_INVALID")
        assert standing(response) == (416, "0-3")
        assert response.headers["Location"] == location
    assert standing(await registry.http.get(location)) == (204, "0-3")


async def test_a_chunk_of_another_length_than_announced_leaves_no_trace(registry: Registry) -> None:
    location = await begin(registry)
    response = await registry.http.patch(
        location, content=CONTENT[:3], headers={"Content-Range": "0-3"}
    )
    assert code(response) == (400, "SIZE_INVALID")
    assert standing(await registry.http.get(location)) == (204, "0-0")
    done = await registry.http.put(f"{location}?digest={DIGEST}", content=CONTENT)
    assert done.status_code == 201


async def test_a_chunk_that_announces_the_impossible(registry: Registry) -> None:
    location = await begin(registry)
    endless = {"Content-Range": f"0-{10**18 - 1}"}
    response = await registry.http.patch(location, content=CONTENT, headers=endless)
    assert code(response) == (400, "SIZE_INVALID")


async def test_content_that_is_not_its_digest_is_refused_and_forgotten(registry: Registry) -> None:
    url = f"/v2/team/app/blobs/uploads/?digest={DIGEST}"
    assert code(await registry.http.post(url, content=b"other")) == (400, "DIGEST_INVALID")
    location = await begin(registry)
    response = await registry.http.put(f"{location}?digest={DIGEST}", content=b"other")
    assert code(response) == (400, "DIGEST_INVALID")
    assert code(await registry.http.get(location)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert await read(registry, "team/app", DIGEST) is None


@pytest.mark.parametrize("digest", ["", "sha256:ab", "md5:d41d8cd98f00b204e9800998ecf8427e"])
async def test_a_malformed_digest_is_refused_and_the_upload_stays(
    registry: Registry, digest: str
) -> None:
    location = await begin(registry)
    response = await registry.http.put(f"{location}?digest={digest}", content=CONTENT)
    assert code(response) == (400, "DIGEST_INVALID")
    assert standing(await registry.http.get(location)) == (204, "0-0")


async def test_sha512(registry: Registry) -> None:
    digest = f"sha512:{hashlib.sha512(CONTENT).hexdigest()}"
    location = await begin(registry)
    await registry.http.patch(location, content=CONTENT)
    response = await registry.http.put(f"{location}?digest={digest}")
    assert (response.status_code, response.headers["Docker-Content-Digest"]) == (201, digest)
    assert await read(registry, "team/app", digest) == CONTENT


async def test_an_upload_is_of_its_repository_only(registry: Registry) -> None:
    location = await begin(registry)
    elsewhere = location.replace("team/app", "team/other")
    assert code(await registry.http.get(elsewhere)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize(
    "upload", ["6f1c0a52-3d54-4b8e-9d0a-5f3f0c1b2a77", "..", "%2e%2e%2f_tags%2fv1", "nothing"]
)
async def test_an_unknown_upload(registry: Registry, upload: str) -> None:
    response = await registry.http.patch(f"/v2/team/app/blobs/uploads/{upload}", content=b"x")
    assert response.status_code in {404, 405}
    assert "errors" in response.json()


async def test_a_cancelled_upload_is_gone(registry: Registry) -> None:
    location = await begin(registry)
    assert (await registry.http.delete(location)).status_code == 204
    assert code(await registry.http.get(location)) == (404, "BLOB_UPLOAD_UNKNOWN")


async def test_a_second_writer_is_refused_at_once(registry: Registry) -> None:
    location = await begin(registry)
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[:4]
        writing.set()
        await go_on.wait()
        yield CONTENT[4:]

    first = asyncio.create_task(registry.http.patch(location, content=slow()))
    await asyncio.wait_for(writing.wait(), timeout=45)
    second = await registry.http.patch(location, content=b"mixed in")
    go_on.set()
    assert code(second) == (409, "BLOB_UPLOAD_INVALID")
    assert standing(await first) == (202, "0-9")


async def test_a_mount_sends_nothing(registry: Registry) -> None:
    await registry.push_blob("team/base", CONTENT)
    url = f"/v2/team/app/blobs/uploads/?mount={DIGEST}&from=team/base"
    response = await registry.http.post(url)
    assert response.status_code == 201
    assert response.headers["Location"] == f"/v2/team/app/blobs/{DIGEST}"
    assert await read(registry, "team/app", DIGEST) == CONTENT


async def test_a_mount_from_anywhere(registry: Registry) -> None:
    await registry.push_blob("team/base", CONTENT)
    response = await registry.http.post(f"/v2/team/app/blobs/uploads/?mount={DIGEST}")
    assert response.status_code == 201


@pytest.mark.parametrize("source", ["team/other", "../base", "Team"])
async def test_a_mount_of_what_is_not_there_begins_an_upload(
    registry: Registry, source: str
) -> None:
    await registry.push_blob("team/base", CONTENT)
    response = await registry.http.post(
        "/v2/team/app/blobs/uploads/", params={"mount": DIGEST, "from": source}
    )
    assert standing(response) == (202, "0-0")
    assert await read(registry, "team/app", DIGEST) is None
