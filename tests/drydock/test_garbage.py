"""`drydock gc` on a home, while a drydock runs and while none does."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drydock.cli import cli
from drydock.home import Home
from drydock.registry.app import create
from drydock.resources import NAMESPACES, PODS
from drydock.store import Store
from tests.drydock.registry.conftest import image, serve, sha256

USED, UNUSED = "a" * 64, "b" * 64


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With an image in the registry, one that lost its tag, a lonely blob, and two unpacked images."""
    home = Home(tmp_path / "home")
    home.prepare()
    asyncio.run(_push(home.registry))
    for name in (USED, UNUSED):
        rootfs = home.node / "images" / name / "rootfs"
        rootfs.mkdir(parents=True)
        (rootfs / "file").write_bytes(bytes(1000))
    store = Store(home.state)
    store.create(NAMESPACES, {"metadata": {"name": "default"}})
    image_id = f"127.0.0.1:5000/app@sha256:{USED}"
    container = {"name": "app", "image": image_id}
    metadata = {"name": "web", "namespace": "default"}
    store.create(PODS, {"metadata": metadata, "spec": {"containers": [container]}})
    store.close()
    return home


async def _push(root: Path) -> None:
    async with serve(create(root, allowed_hosts={"registry.test"})) as registry:
        await registry.push_image("app", "v1", "layer")
        untagged = image(b"{}", b"layer", annotations={"no": "tag"})
        await registry.put("app", sha256(json.dumps(untagged).encode()), untagged)
        await registry.push_blob("app", b"lonely")


@pytest.fixture
def running(home: Home) -> Iterator[None]:
    lock = home.lock()
    assert lock is not None
    yield
    os.close(lock)


def gc(home: Home, *words: str) -> Result:
    return CliRunner().invoke(cli, ["gc", "--home", str(home.root), *words])


def images(home: Home) -> list[str]:
    return sorted(path.name for path in (home.node / "images").iterdir())


def test_all_that_is_not_used_goes_while_none_runs(home: Home) -> None:
    would = gc(home, "--dry-run")
    assert (would.exit_code, would.output) == (
        0,
        """manifests  not asked for: --untagged
blobs      1
uploads    0
images     1
would free 1.01 kB
""",
    )
    assert images(home) == [USED, UNUSED]
    assert gc(home).output.endswith("freed      1.01 kB\n")
    assert images(home) == [USED]
    assert gc(home).output.endswith("freed      0 bytes\n")


def test_manifests_without_a_tag_go_when_asked(home: Home) -> None:
    assert gc(home, "--untagged").output.startswith("manifests  1\nblobs      1\n")


@pytest.mark.usefixtures("running")
def test_beside_a_running_drydock_what_is_young_stays(home: Home) -> None:
    assert (
        gc(home).output
        == """manifests  not asked for: --untagged
blobs      0, and those of the last hour stay while drydock runs
uploads    0
images     left alone while drydock runs
freed      0 bytes
"""
    )
    assert images(home) == [USED, UNUSED]


def test_a_folder_that_holds_none_is_said(tmp_path: Path) -> None:
    found = gc(Home(tmp_path))
    assert (found.exit_code, found.output) == (
        1,
        f"error: {tmp_path} holds no drydock\n  try: drydock up --home {tmp_path}\n",
    )
    assert list(tmp_path.iterdir()) == []
