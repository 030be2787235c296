"""What a digest names is asked once, what a tag names each time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shipway.oci.artifact import Artifact
from shipway.oci.errors import NotInRegistry
from shipway.oci.registry import Registry
from shipway.oci.remembered import Remembered
from tests.oci.conftest import HASTE, image

REPOSITORY = "team/shop"


@pytest.fixture
async def view(registry: Registry, tmp_path: Path) -> AsyncIterator[Remembered]:
    async with Remembered(registry.address, patience=HASTE, folder=tmp_path / "kept") as view:
        yield view


async def tagged(registry: Registry, note: str) -> Artifact:
    artifact = image(note)
    await registry.upload(REPOSITORY, artifact)
    await registry.tag(REPOSITORY, artifact.digest, "latest")
    return artifact


async def test_what_was_read_once_is_known_when_the_registry_has_lost_it(
    registry: Registry, view: Remembered, tmp_path: Path
) -> None:
    there = await tagged(registry, "one")
    layer = there.layers[0].descriptor
    manifest = await view.manifest(REPOSITORY, there.digest)
    assert await view.blob(REPOSITORY, layer.digest) == b"one"
    await registry.delete(REPOSITORY, there.digest)
    assert await view.manifest(REPOSITORY, there.digest) == manifest
    assert await view.blob(REPOSITORY, layer.digest) == b"one"
    with pytest.raises(NotInRegistry):
        await view.manifest(REPOSITORY, "latest")


async def test_a_tag_is_asked_for_each_time(registry: Registry, view: Remembered) -> None:
    for note in ("one", "two"):
        there = await tagged(registry, note)
        assert (await view.manifest(REPOSITORY, "latest")).digest == there.digest


async def test_what_is_damaged_on_this_machine_is_read_again(
    registry: Registry, view: Remembered, tmp_path: Path
) -> None:
    there = await tagged(registry, "one")
    await view.manifest(REPOSITORY, there.digest)
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(b"{")
    assert (await view.manifest(REPOSITORY, there.digest)).raw == there.manifest
    assert file.read_bytes() == there.manifest


async def test_a_folder_that_cannot_be_written_to_is_no_hindrance(
    registry: Registry, tmp_path: Path
) -> None:
    there = await tagged(registry, "one")
    file = tmp_path / "file"
    file.write_text("in the way")
    async with Remembered(registry.address, patience=HASTE, folder=file / "kept") as view:
        assert (await view.manifest(REPOSITORY, there.digest)).raw == there.manifest
