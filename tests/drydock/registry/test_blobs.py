"""How blobs go out (distribution spec, Pulling blobs; RFC 9110, 14)."""

import pytest

from tests.drydock.registry.conftest import Registry, code, sha256

CONTENT = b"0123456789"
DIGEST = sha256(CONTENT)
URL = f"/v2/team/app/blobs/{DIGEST}"


@pytest.mark.parametrize("content", [CONTENT, b"", bytes(range(256)) * 10_000])
async def test_a_blob_comes_back_whole(registry: Registry, content: bytes) -> None:
    digest = await registry.push_blob("team/app", content)
    response = await registry.http.get(f"/v2/team/app/blobs/{digest}")
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["Docker-Content-Digest"] == digest
    assert response.headers["Content-Type"] == "application/octet-stream"


async def test_head_tells_the_size(registry: Registry) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.head(URL)
    assert (response.status_code, response.headers["Content-Length"]) == (200, "10")
    assert response.headers["Docker-Content-Digest"] == DIGEST


@pytest.mark.parametrize(
    ("asked", "content", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-4", b"4", "bytes 4-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", CONTENT, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
async def test_a_range(registry: Registry, asked: str, content: bytes, content_range: str) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.get(URL, headers={"Range": asked})
    assert (response.status_code, response.content) == (206, content)
    assert response.headers["Content-Range"] == content_range
    assert response.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=10-", "bytes=500-0", "bytes=-0"])
async def test_a_range_of_nothing_gets_416(registry: Registry, asked: str) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.get(URL, headers={"Range": asked})
    assert code(response) == (416, "SIZE_INVALID")
    assert response.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "lines=0-3", "bytes=x-y", f"bytes={'9' * 5000}-"]
)
async def test_what_is_no_single_range_gets_everything(registry: Registry, asked: str) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.get(URL, headers={"Range": asked})
    assert (response.status_code, response.content) == (200, CONTENT)


async def test_a_blob_is_of_its_repository_only(registry: Registry) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.get(f"/v2/team/other/blobs/{DIGEST}")
    assert code(response) == (404, "BLOB_UNKNOWN")


async def test_a_deleted_blob_is_gone_here_and_stays_elsewhere(registry: Registry) -> None:
    await registry.push_blob("team/app", CONTENT)
    await registry.push_blob("team/other", CONTENT)
    assert (await registry.http.delete(URL)).status_code == 202
    assert code(await registry.http.get(URL)) == (404, "BLOB_UNKNOWN")
    assert code(await registry.http.delete(URL)) == (404, "BLOB_UNKNOWN")
    assert (await registry.http.get(f"/v2/team/other/blobs/{DIGEST}")).content == CONTENT


async def test_a_malformed_digest(registry: Registry) -> None:
    response = await registry.http.get("/v2/team/app/blobs/sha256:ABC")
    assert code(response) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("name", ["Team/app", "team//app", "-team", "team/%2e%2e/app", "a" * 256])
async def test_a_malformed_repository(registry: Registry, name: str) -> None:
    response = await registry.http.post(f"/v2/{name}/blobs/uploads/")
    assert response.status_code in {400, 404}
    assert response.json()["errors"][0]["code"] == "NAME_INVALID"


@pytest.mark.parametrize("known", [f'"{DIGEST}"', f'W/"{DIGEST}"', f'"other", "{DIGEST}"', "*"])
async def test_what_the_client_has_is_not_sent_again(registry: Registry, known: str) -> None:
    await registry.push_blob("team/app", CONTENT)
    response = await registry.http.get(URL, headers={"If-None-Match": known})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == f'"{DIGEST}"'


async def test_what_the_client_has_otherwise_is_sent(registry: Registry) -> None:
    await registry.push_blob("team/app", CONTENT)
    headers = {"If-None-Match": '"other"'}
    assert (await registry.http.get(URL, headers=headers)).content == CONTENT


async def test_a_range_of_something_else_gets_everything(registry: Registry) -> None:
    await registry.push_blob("team/app", CONTENT)
    part = {"Range": "bytes=0-1"}
    same = await registry.http.get(URL, headers=part | {"If-Range": f'"{DIGEST}"'})
    assert (same.status_code, same.content) == (206, b"01")
    other = await registry.http.get(URL, headers=part | {"If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, CONTENT)
