"""Manifests and tags, kept and handed out byte for byte (distribution spec, Pushing and Pulling Manifests)."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from drydock.registry.app import create
from drydock.registry.schema import DOCKER_MANIFEST, INDEX, MANIFEST
from tests.drydock.registry.conftest import Registry, code, descriptor, image, serve, sha256

CONFIG = b"{}"


async def test_the_same_bytes_come_back_by_tag_and_by_digest(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    raw = json.dumps(image(CONFIG), indent=4).encode()
    put = await registry.http.put(
        "/v2/team/app/manifests/v1", content=raw, headers={"Content-Type": MANIFEST}
    )
    assert put.status_code == 201
    assert put.headers["Location"] == f"/v2/team/app/manifests/{sha256(raw)}"
    assert put.headers["Docker-Content-Digest"] == sha256(raw)
    for reference in ("v1", sha256(raw)):
        got = await registry.http.get(f"/v2/team/app/manifests/{reference}")
        assert (got.status_code, got.content) == (200, raw)
        assert got.headers["Content-Type"] == MANIFEST
        assert got.headers["Docker-Content-Digest"] == sha256(raw)


async def test_head_tells_size_digest_and_type(registry: Registry) -> None:
    digest = await registry.push_image("team/app", "v1", "one")
    whole = await registry.http.get("/v2/team/app/manifests/v1")
    head = await registry.http.head("/v2/team/app/manifests/v1")
    names = ("Content-Length", "Content-Type", "Docker-Content-Digest")
    assert [head.headers[name] for name in names] == [str(len(whole.content)), MANIFEST, digest]


async def test_a_manifest_by_sha512(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    raw = json.dumps(image(CONFIG)).encode()
    digest = f"sha512:{hashlib.sha512(raw).hexdigest()}"
    response = await registry.put("team/app", digest, image(CONFIG))
    assert (response.status_code, response.headers["Docker-Content-Digest"]) == (201, digest)
    assert (await registry.http.get(f"/v2/team/app/manifests/{digest}")).content == raw


async def test_content_that_is_not_its_digest_is_refused(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    response = await registry.put("team/app", sha256(b"other"), image(CONFIG))
    assert code(response) == (400, "DIGEST_INVALID")


async def test_blobs_come_before_the_manifest_that_names_them(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    response = await registry.put("team/app", "v1", image(CONFIG, b"never pushed"))
    assert code(response) == (404, "MANIFEST_BLOB_UNKNOWN")
    message = f"team/app has no {sha256(b'never pushed')}"
    assert response.json()["errors"][0]["message"] == message
    assert code(await registry.http.get("/v2/team/app/manifests/v1")) == (404, "MANIFEST_UNKNOWN")


async def test_manifests_come_before_the_index_that_names_them(registry: Registry) -> None:
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [descriptor(b"never pushed", MANIFEST)],
    }
    assert code(await registry.put("team/app", "v1", index)) == (404, "MANIFEST_BLOB_UNKNOWN")
    child = await registry.push_image("team/app", "amd64", "one")
    size = len((await registry.http.get("/v2/team/app/manifests/amd64")).content)
    index["manifests"] = [{"mediaType": MANIFEST, "digest": child, "size": size}]
    assert (await registry.put("team/app", "v1", index)).status_code == 201


async def test_a_layer_that_may_not_be_distributed_need_not_be_there(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    manifest = {**image(CONFIG), "layers": [descriptor(b"windows", foreign)]}
    assert (await registry.put("team/app", "v1", manifest)).status_code == 201


def without(manifest: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in manifest.items() if name != key}


@pytest.mark.parametrize(
    "manifest",
    [
        without(image(CONFIG), "config"),
        without(image(CONFIG), "layers"),
        without(image(CONFIG), "schemaVersion"),
        image(CONFIG, schemaVersion=1),
        image(CONFIG, layers={}),
        image(CONFIG, layers=[{"mediaType": "text/plain", "size": 1}]),
        image(CONFIG, layers=[descriptor(b"x", size=-1)]),
        image(CONFIG, layers=[descriptor(b"x", digest="sha256:short")]),
        image(CONFIG, annotations={"one": 1}),
        image(CONFIG, subject={"digest": sha256(b"x")}),
        image(CONFIG, manifests=[]),
        {"schemaVersion": 2, "mediaType": INDEX},
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": []},
    ],
)
async def test_what_is_no_valid_manifest_is_refused(
    registry: Registry, manifest: dict[str, Any]
) -> None:
    await registry.push_blob("team/app", CONFIG)
    assert code(await registry.put("team/app", "v1", manifest)) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe"])
async def test_what_is_no_json_object_is_refused(registry: Registry, raw: bytes) -> None:
    for headers in ({"Content-Type": MANIFEST}, {}):
        response = await registry.http.put(
            "/v2/team/app/manifests/v1", content=raw, headers=headers
        )
        assert code(response) == (400, "MANIFEST_INVALID")


async def test_another_media_type_than_announced_is_refused(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    response = await registry.http.put(
        "/v2/team/app/manifests/v1",
        content=json.dumps(image(CONFIG)).encode(),
        headers={"Content-Type": DOCKER_MANIFEST},
    )
    assert code(response) == (400, "MANIFEST_INVALID")
    assert response.json()["errors"][0]["message"] == (
        f"the manifest says mediaType {MANIFEST}, its Content-Type is {DOCKER_MANIFEST}"
    )


async def test_the_type_that_it_says_of_itself_stands_where_none_was_announced(
    registry: Registry,
) -> None:
    await registry.push_blob("team/app", CONFIG)
    raw = json.dumps(image(CONFIG)).encode()
    put = await registry.http.put("/v2/team/app/manifests/v1", content=raw)
    assert put.status_code == 201
    got = await registry.http.get("/v2/team/app/manifests/v1")
    assert got.headers["Content-Type"] == MANIFEST


async def test_a_type_with_a_line_end_is_refused(registry: Registry) -> None:
    raw = json.dumps({"mediaType": "application/json\n"}).encode()
    response = await registry.http.put("/v2/team/app/manifests/v1", content=raw)
    assert code(response) == (400, "MANIFEST_INVALID")


async def test_a_type_that_we_do_not_know_is_kept_as_it_is(registry: Registry) -> None:
    strange = {"mediaType": "application/vnd.example.thing+json", "any": ["thing"]}
    assert (await registry.put("team/app", "v1", strange)).status_code == 201
    got = await registry.http.get("/v2/team/app/manifests/v1")
    assert (got.headers["Content-Type"], got.json()) == (strange["mediaType"], strange)


async def test_a_manifest_may_have_four_mebibytes_and_no_more(registry: Registry) -> None:
    await registry.push_blob("team/app", CONFIG)
    bare = len(json.dumps(image(CONFIG, annotations={"padding": ""})))
    fits = image(CONFIG, annotations={"padding": "x" * ((4 << 20) - bare)})
    assert len(json.dumps(fits)) == 4 << 20
    assert (await registry.put("team/app", "fits", fits)).status_code == 201
    fits["annotations"]["padding"] += "x"
    assert code(await registry.put("team/app", "large", fits)) == (413, "SIZE_INVALID")


@pytest.mark.parametrize("reference", ["-v1", "v" * 129, "a+b", "sha256:xyz"])
async def test_a_malformed_reference(registry: Registry, reference: str) -> None:
    response = await registry.http.get(f"/v2/team/app/manifests/{reference}")
    status, said = code(response)
    assert (status, said) in {(400, "TAG_INVALID"), (400, "DIGEST_INVALID")}


async def test_a_tag_never_moves_and_says_where_it_stands(registry: Registry) -> None:
    first = await registry.push_image("team/app", "v1", "one")
    second = await registry.push_image("team/app", "v2", "two")
    raw = (await registry.http.get("/v2/team/app/manifests/v2")).json()
    response = await registry.put("team/app", "v1", raw)
    assert code(response) == (409, "TAG_INVALID")
    assert response.json()["errors"][0]["message"] == (
        f"tag v1 of team/app is {first} and immutable; push under another tag, or the same content"
    )
    assert second != first
    # A client that only meant the tag has not left its content behind.
    raw["annotations"] = {"never": "kept"}
    digest = sha256(json.dumps(raw).encode())
    assert code(await registry.put("team/app", "v1", raw)) == (409, "TAG_INVALID")
    assert (await registry.http.get(f"/v2/team/app/manifests/{digest}")).status_code == 404
    assert (await registry.http.get("/v2/team/app/manifests/v1")).headers[
        "Docker-Content-Digest"
    ] == first


async def test_the_same_content_under_the_same_tag_always_passes(registry: Registry) -> None:
    assert await registry.push_image("team/app", "v1", "one") == await registry.push_image(
        "team/app", "v1", "one"
    )


@pytest.mark.parametrize("tag", ["latest", "latest-main"])
async def test_latest_moves(registry: Registry, tag: str) -> None:
    await registry.push_image("team/app", tag, "one")
    second = await registry.push_image("team/app", tag, "two")
    found = await registry.http.get(f"/v2/team/app/manifests/{tag}")
    assert found.headers["Docker-Content-Digest"] == second


async def test_any_tag_moves_where_tags_are_mutable(tmp_path: Path) -> None:
    app = create(tmp_path, immutable_tags=False, allowed_hosts={"registry.test"})
    async with serve(app) as registry:
        await registry.push_image("team/app", "v1", "one")
        second = await registry.push_image("team/app", "v1", "two")
        found = await registry.http.get("/v2/team/app/manifests/v1")
        assert found.headers["Docker-Content-Digest"] == second


async def test_of_many_pushes_of_one_tag_exactly_one_wins(registry: Registry) -> None:
    notes = [f"content {number}" for number in range(12)]
    manifests = [image(CONFIG, note.encode()) for note in notes]
    await registry.push_blob("team/app", CONFIG)
    for note in notes:
        await registry.push_blob("team/app", note.encode())
    responses = await asyncio.gather(
        *(registry.put("team/app", "v1", manifest) for manifest in manifests)
    )
    assert sorted(response.status_code for response in responses) == [201] + [409] * 11
    (winner,) = (it for it in responses if it.status_code == 201)
    found = await registry.http.get("/v2/team/app/manifests/v1")
    assert found.headers["Docker-Content-Digest"] == winner.headers["Docker-Content-Digest"]


async def test_a_deleted_tag_leaves_the_manifest(registry: Registry) -> None:
    digest = await registry.push_image("team/app", "v1", "one")
    assert (await registry.http.delete("/v2/team/app/manifests/v1")).status_code == 202
    assert code(await registry.http.get("/v2/team/app/manifests/v1")) == (404, "MANIFEST_UNKNOWN")
    assert (await registry.http.get(f"/v2/team/app/manifests/{digest}")).status_code == 200


async def test_a_deleted_manifest_takes_its_tags_with_it(registry: Registry) -> None:
    digest = await registry.push_image("team/app", "v1", "one")
    await registry.push_image("team/app", "v1.0", "one")
    await registry.push_image("team/app", "v2", "two")
    assert (await registry.http.delete(f"/v2/team/app/manifests/{digest}")).status_code == 202
    tags = (await registry.http.get("/v2/team/app/tags/list")).json()
    assert tags == {"name": "team/app", "tags": ["v2"]}
    gone = await registry.http.delete(f"/v2/team/app/manifests/{digest}")
    assert code(gone) == (404, "MANIFEST_UNKNOWN")
