"""The same commit, built in two folders that share nothing, is the same release to the last byte."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shipway.oci import bundles
from shipway.oci.bundles import Released
from shipway.oci.registry import Registry
from shipway.testing.workbench import ROOT, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


def elsewhere(folder: Path) -> Workbench:
    """Files of another time, and nothing in its cache but the wheels as they were downloaded."""
    folder.mkdir()
    other = Workbench(folder)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_relative_to(other.state):
            os.utime(path, (1, 1))
    cache = other.state / "cache"
    cache.unlink()
    cache.mkdir()
    (cache / "wheels").symlink_to(ROOT / ".shipway" / "cache" / "wheels")
    return other


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workbench]:
    other = elsewhere(tmp_path_factory.mktemp("elsewhere") / "deeper")
    await other.commit("first")
    yield other
    await other.down()


async def built(bench: Workbench, tag: str) -> Released:
    said = await bench.shipway("build", "--tag", tag)
    assert said.code == 0, said.err
    async with Registry(bench.registry) as registry:
        return await bundles.find(registry, "sample-app", tag)


async def test_two_folders_make_the_same_image_chart_and_bundle(
    bench: Workbench, other: Workbench
) -> None:
    one, two = await built(bench, "v1"), await built(other, "v1")
    assert one == two
    assert one.bundle.id == two.bundle.id
    assert one.bundle.commit
    assert not one.bundle.commit.endswith("-dirty")


async def test_the_two_registries_hold_the_same_tags(bench: Workbench, other: Workbench) -> None:
    assert await bench.tags() == await other.tags()


async def test_another_service_is_another_image_with_the_same_chart(other: Workbench) -> None:
    first = await built(other, "v1")
    other.edit("app/sample_app/service.py", "Hello", "Goodbye")
    second = await built(other, "v2")
    assert second.bundle.image.digest != first.bundle.image.digest
    assert second.bundle.chart == first.bundle.chart
    assert second.bundle.commit == f"{first.bundle.commit}-dirty"
