"""What garbage collection takes, and what it never does."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from drydock.registry.app import create
from drydock.registry.garbage import Garbage, Mention, collect, reachable
from drydock.registry.names import Digest
from drydock.registry.schema import INDEX, MANIFEST
from drydock.registry.storage import Storage
from tests.drydock.registry.conftest import Registry, descriptor, image, serve, sha256

DAY = 24 * 3600
CONFIG = b"{}"


@asynccontextmanager
async def pushed(root: Path) -> AsyncIterator[Registry]:
    async with serve(create(root, allowed_hosts={"registry.test"})) as registry:
        yield registry


def swept(root: Path, *, untagged: bool = False, dry_run: bool = False) -> Garbage:
    """With an hour's grace."""
    hour_ago = time.time() - 3600
    return collect(
        Storage(root),
        before=hour_ago,
        uploads_before=time.time() - DAY,
        untagged=untagged,
        dry_run=dry_run,
    )


def age(root: Path) -> None:
    """All that is there now has been there for long."""
    for path in root.rglob("*"):
        os.utime(path, (time.time() - 2 * DAY,) * 2)


async def has(registry: Registry, path: str) -> bool:
    return (await registry.http.get(f"/v2/{path}")).status_code == 200


async def blobs_left(registry: Registry, repository: str, *contents: bytes) -> list[bytes]:
    return [it for it in contents if await has(registry, f"{repository}/blobs/{sha256(it)}")]


async def test_only_what_no_manifest_refers_to_goes(tmp_path: Path) -> None:
    async with pushed(tmp_path) as registry:
        await registry.push_image("team/app", "v1", "layer")
        await registry.push_blob("team/app", b"lonely")
        age(tmp_path)
        assert swept(tmp_path) == Garbage(blobs=1, size=len(b"lonely"))
        assert swept(tmp_path) == Garbage()
        assert await blobs_left(registry, "team/app", CONFIG, b"layer", b"lonely") == [
            CONFIG,
            b"layer",
        ]
    assert [path.name for path in (tmp_path / "blobs/sha256").iterdir()] != []


async def test_a_dry_run_counts_the_same_and_takes_nothing(tmp_path: Path) -> None:
    async with pushed(tmp_path) as registry:
        for repository in ("team/one", "team/two"):
            await registry.push_blob(repository, b"in both")
        begun = await registry.http.post("/v2/team/one/blobs/uploads/")
        await registry.http.patch(begun.headers["Location"], content=b"half")
        age(tmp_path)
        expected = Garbage(blobs=2, uploads=1, size=len(b"in both") + len(b"half"))
        assert swept(tmp_path, dry_run=True) == expected
        assert await has(registry, f"team/two/blobs/{sha256(b'in both')}")
        assert swept(tmp_path) == expected


async def test_space_comes_back_only_with_the_last_repository(tmp_path: Path) -> None:
    async with pushed(tmp_path) as registry:
        await registry.push_image("team/one", "v1", "shared")
        await registry.push_blob("team/two", b"shared")
        age(tmp_path)
        assert swept(tmp_path) == Garbage(blobs=1, size=0)


async def test_what_somebody_is_about_to_refer_to_stays(tmp_path: Path) -> None:
    """Uploaded, asked for, mounted or uploaded again within the hour."""
    async with pushed(tmp_path) as registry:
        asked, mounted, again, old = b"asked", b"mounted", b"again", b"old"
        for content in (asked, mounted, again, old):
            await registry.push_blob("team/app", content)
        age(tmp_path)
        await registry.push_blob("team/app", b"new")
        await registry.http.head(f"/v2/team/app/blobs/{sha256(asked)}")
        url = f"/v2/team/app/blobs/uploads/?mount={sha256(mounted)}&from=team/app"
        await registry.http.post(url)
        await registry.push_blob("team/app", again)
        assert swept(tmp_path) == Garbage(blobs=1, size=len(old))
        assert await blobs_left(registry, "team/app", asked, mounted, again, old, b"new") == [
            *(asked, mounted, again, b"new")
        ]


async def test_manifests_without_a_tag_go_only_when_asked(tmp_path: Path) -> None:
    async with pushed(tmp_path) as registry:
        kept = await registry.push_image("team/app", "v1", "tagged")
        manifest = image(CONFIG, b"tagged", annotations={"no": "tag"})
        gone = sha256(json.dumps(manifest).encode())
        await registry.put("team/app", gone, manifest)
        age(tmp_path)
        assert swept(tmp_path) == Garbage()
        found = swept(tmp_path, untagged=True)
        assert (found.manifests, found.blobs) == (1, 0)
        assert await has(registry, f"team/app/manifests/{kept}")
        assert not await has(registry, f"team/app/manifests/{gone}")


async def test_what_an_index_or_a_subject_holds_stays_without_a_tag(tmp_path: Path) -> None:
    async with pushed(tmp_path) as registry:
        await registry.push_blob("team/app", CONFIG)
        children = [image(CONFIG, annotations={"for": name}) for name in ("amd64", "arm64")]
        digests = [sha256(json.dumps(child).encode()) for child in children]
        for digest, child in zip(digests, children, strict=True):
            await registry.put("team/app", digest, child)
        index = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [descriptor(json.dumps(child).encode(), MANIFEST) for child in children],
        }
        await registry.put("team/app", "v1", index)
        signature = image(CONFIG, subject=descriptor(json.dumps(index).encode(), INDEX))
        signed = sha256(json.dumps(signature).encode())
        await registry.put("team/app", signed, signature)
        age(tmp_path)
        assert swept(tmp_path, untagged=True) == Garbage()

        await registry.http.delete(f"/v2/team/app/manifests/{sha256(json.dumps(index).encode())}")
        assert swept(tmp_path, untagged=True).manifests == 3
        referrers = f"/v2/team/app/referrers/{sha256(json.dumps(index).encode())}"
        assert (await registry.http.get(referrers)).json()["manifests"] == []


def test_what_would_be_refused_today_still_holds_its_blobs() -> None:
    one = Digest("sha256", "a" * 64)
    assert Mention.of(MANIFEST, b'{"layers": "%s"}' % str(one).encode()) == Mention(
        frozenset({one})
    )


def test_reachable_ends_where_manifests_refer_to_each_other() -> None:
    one, two, three = (Digest("sha256", letter * 64) for letter in "abc")
    mentions = {
        one: Mention(frozenset({two})),
        two: Mention(frozenset({one})),
        three: Mention(frozenset({one}), subject=one),
    }
    assert reachable(mentions, [one]) == {one, two, three}
    assert reachable(mentions, [three]) == {one, two, three}
    assert reachable(mentions, []) == set()


async def test_a_push_beside_collections_never_loses_a_blob(tmp_path: Path) -> None:
    """What nobody has asked for is garbage at once; the client asks for each blob before it refers to it."""
    stop = asyncio.Event()

    async def collections() -> None:
        while not stop.is_set():
            await asyncio.to_thread(
                collect,
                Storage(tmp_path),
                before=time.time() - 1800,
                uploads_before=0,
                untagged=True,
                dry_run=False,
            )

    async with pushed(tmp_path) as registry:
        http = registry.http
        collecting = asyncio.create_task(collections())
        for number in range(20):
            layer, lonely = b"%d" % number, b"lonely %d" % number
            for content in (CONFIG, layer, lonely):
                digest = await registry.push_blob("team/app", content)
                os.utime(tmp_path / "blobs" / digest.replace(":", "/"), (0, 0))
            for content in (CONFIG, layer):
                path = f"/v2/team/app/blobs/{sha256(content)}"
                if (await http.head(path)).status_code == 404:
                    await registry.push_blob("team/app", content)
            put = await registry.put("team/app", f"v{number}", image(CONFIG, layer))
            assert put.status_code == 201, put.text
            async with asyncio.timeout(30):
                while await has(registry, f"team/app/blobs/{sha256(lonely)}"):  # noqa: ASYNC110  # over HTTP
                    await asyncio.sleep(0.001)
            assert await blobs_left(registry, "team/app", CONFIG, layer) == [CONFIG, layer]
        stop.set()
        await collecting
