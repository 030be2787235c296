"""A bundle is found by every name that a person reads somewhere, and by no other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drydock.registry.app import create
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.record import Record
from shipway.oci import bundles
from shipway.oci.bundles import NoSuchRelease, Released, bundle_tag
from shipway.oci.errors import BundleGone
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from tests.oci.conftest import HASTE, image, serve

REPOSITORY = "team/shop"
DIGEST = f"sha256:{'00' * 32}"


def bundle(tag: str) -> Bundle:
    return Bundle(
        ImageRef(REPOSITORY, DIGEST), ChartRef("charts/shop", "1.0.0", DIGEST), {}, "", tag
    )


ONE, TWO = bundle("v1"), bundle("v2")
DIGITS = ONE.id.removeprefix("sha256:")


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Registry]:
    app = create(tmp_path / "shelf", immutable_tags=False, allowed_hosts={"127.0.0.1"})
    async with serve(app) as address, Registry(address, patience=HASTE) as registry:
        subject = await registry.upload(REPOSITORY, image("the image"))
        for each in (ONE, TWO):
            await bundles.push(registry, Released(each, {}), subject)
        yield registry


@pytest.mark.parametrize(
    "reference",
    ["v1", ONE.id, ONE.id[:19], ONE.id[:30], DIGITS[:12], DIGITS[:16], DIGITS[:40], DIGITS],
)
async def test_a_tag_and_an_id_and_its_first_digits_name_it(
    shelf: Registry, reference: str
) -> None:
    assert (await bundles.find(shelf, REPOSITORY, reference)).bundle == ONE


@pytest.mark.parametrize(
    "reference", [DIGITS[:11], f"{DIGITS[:12]}x", f"{DIGITS[:20]}{'0' * 20}", "f" * 12]
)
async def test_other_digits_name_none(shelf: Registry, reference: str) -> None:
    with pytest.raises(NoSuchRelease) as missing:
        await bundles.find(shelf, REPOSITORY, reference)
    assert missing.value.known == ("v1", "v2")


async def test_an_id_that_is_another_one_after_its_first_digits_names_none(shelf: Registry) -> None:
    assert await bundles.peek(shelf, REPOSITORY, f"{ONE.id[:23]}{'0' * 48}") is None


async def test_first_digits_that_somebody_gave_to_another_bundle_name_none(shelf: Registry) -> None:
    stranger = f"sha256:{'ab' * 32}"
    there = await shelf.digest_of(REPOSITORY, "v2.bundle")
    assert there is not None
    await shelf.tag(REPOSITORY, there, bundle_tag(stranger))
    assert await bundles.peek(shelf, REPOSITORY, stranger) is None
    with pytest.raises(NoSuchRelease):
        await bundles.find(shelf, REPOSITORY, "ab" * 6)


async def test_a_tag_of_digits_comes_before_an_id(shelf: Registry) -> None:
    subject = await shelf.upload(REPOSITORY, image("the image"))
    named = bundle(DIGITS[:12])
    await bundles.push(shelf, Released(named, {}), subject)
    assert (await bundles.find(shelf, REPOSITORY, DIGITS[:12])).bundle == named


async def test_what_is_gone_is_told_where_something_is_to_be_recorded(shelf: Registry) -> None:
    gone = f"sha256:{'ab' * 32}"
    record = Record("proven", gone, "2026-11-21T09:30:00+00:00", "ann", "run-1", "staging")
    with pytest.raises(BundleGone) as told:
        await Ledger(shelf, REPOSITORY).write(record)
    assert (told.value.problem, told.value.remedy) == (
        f"{shelf.address.host}/team/shop holds bundle sha256:abababababab no longer, "
        "and nothing can be recorded about it",
        "release one that is there: shipway bundles",
    )
