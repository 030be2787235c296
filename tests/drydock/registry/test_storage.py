"""What the node reads in the same process, and what stays on the disk."""

import os
import time
from pathlib import Path

import pytest

from drydock.registry.app import create
from drydock.registry.names import Digest
from drydock.registry.schema import MANIFEST
from drydock.registry.storage import Storage
from tests.drydock.registry.conftest import serve, sha256

YESTERDAY = time.time() - 25 * 3600


def files(root: Path) -> set[str]:
    """All but the locks, which stay."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != "_lock")
    return {path.relative_to(root).as_posix() for path in paths}


def age(path: Path) -> None:
    os.utime(path, (YESTERDAY, YESTERDAY))


def keep_blob(storage: Storage, repository: str, content: bytes) -> Digest:
    digest = Digest.parse(sha256(content))
    assert digest is not None
    received = storage.start_upload(repository, "an-upload")
    received.write_bytes(content)
    storage.add_blob(repository, digest, received)
    return digest


async def test_the_node_reads_what_was_pushed(tmp_path: Path) -> None:
    async with serve(create(tmp_path, allowed_hosts={"registry.test"})) as registry:
        digest = await registry.push_image("team/app", "v1", "one")
        raw = (await registry.http.get("/v2/team/app/manifests/v1")).content
    storage = Storage(tmp_path)
    assert storage.manifest("team/app", "v1") == (MANIFEST, raw)
    assert storage.manifest("team/app", digest) == (MANIFEST, raw)
    layer = storage.blob_path("team/app", sha256(b"one"))
    assert layer is not None
    assert layer.read_bytes() == b"one"


@pytest.mark.parametrize("reference", ["v2", sha256(b"other"), "../v1", "", "sha256:../../v1"])
async def test_the_node_hears_none_for_what_is_not_there(tmp_path: Path, reference: str) -> None:
    async with serve(create(tmp_path, allowed_hosts={"registry.test"})) as registry:
        await registry.push_image("team/app", "v1", "one")
    storage = Storage(tmp_path)
    assert storage.manifest("team/app", reference) is None
    assert storage.manifest("team/../team/app", "v1") is None
    assert storage.blob_path("team/app", reference) is None


def test_the_same_content_is_on_the_disk_once(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    digest = keep_blob(storage, "team/app", b"shared")
    keep_blob(storage, "team/other", b"shared")
    paths = [storage.blob_path(name, str(digest)) for name in ("team/app", "team/other")]
    assert len({path.stat().st_ino for path in paths if path}) == 1


def test_the_last_repository_that_lets_go_frees_the_space(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    digest = keep_blob(storage, "team/app", b"shared")
    keep_blob(storage, "team/other", b"shared")
    content = f"blobs/sha256/{digest.hex}"
    assert storage.delete_blob("team/app", digest)
    assert content in files(tmp_path)
    assert storage.delete_blob("team/other", digest)
    assert files(tmp_path) == set()


async def test_a_failed_push_leaves_nothing_behind(tmp_path: Path) -> None:
    async with serve(create(tmp_path, allowed_hosts={"registry.test"})) as registry:
        url = f"/v2/team/app/blobs/uploads/?digest={sha256(b'one')}"
        assert (await registry.http.post(url, content=b"two")).status_code == 400
    assert files(tmp_path) == set()


def test_a_start_removes_what_was_abandoned_a_day_ago(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    kept = keep_blob(storage, "team/app", b"kept")
    young, old = storage.start_upload("team/app", "young"), storage.start_upload("team/app", "old")
    draft = tmp_path / "scratch" / "draft"
    unheld = tmp_path / "blobs" / "sha256" / "unheld"
    for path in (draft, unheld):
        path.write_bytes(b"")
    held = storage.blob_path("team/app", str(kept))
    assert held is not None
    for path in (old, draft, unheld, held):
        age(path)
    create(tmp_path, allowed_hosts={"registry.test"})
    assert files(tmp_path) == {
        f"blobs/sha256/{kept.hex}",
        f"repositories/team/app/_blobs/sha256/{kept.hex}",
        young.relative_to(tmp_path).as_posix(),
    }


async def test_a_full_disk_is_answered_and_survived(tmp_path: Path) -> None:
    async with serve(create(tmp_path, allowed_hosts={"registry.test"})) as registry:
        (tmp_path / "blobs").write_bytes(b"a file where a folder should be")
        url = f"/v2/team/app/blobs/uploads/?digest={sha256(b'one')}"
        response = await registry.http.post(url, content=b"one")
        assert (response.status_code, response.json()["errors"][0]["code"]) == (500, "UNKNOWN")
        (tmp_path / "blobs").unlink()
        assert (await registry.http.post(url, content=b"one")).status_code == 201
