"""All bundles that a registry has, whatever became of their names."""

from dataclasses import replace

from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.shelf import Listed
from shipway.oci import bundles
from shipway.oci.bundles import Released, bundle_tag
from shipway.oci.listing import listed
from shipway.oci.registry import Registry
from tests.oci.conftest import image

REPOSITORY = "team/shop"


async def pushed(registry: Registry, tag: str, commit: str) -> Bundle:
    subject = image("one")
    await registry.upload(REPOSITORY, subject)
    chart = ChartRef("charts/shop", "1.0.0", "sha256:2")
    bundle = Bundle(ImageRef(REPOSITORY, subject.digest), chart, {}, commit, tag)
    await bundles.push(registry, Released(bundle, {}), subject.descriptor)
    return bundle


async def test_a_bundle_whose_tag_moved_on_is_still_there(registry: Registry) -> None:
    v1 = await pushed(registry, "v1", "a")
    old = await pushed(registry, "latest", "a")
    new = await pushed(registry, "latest", "b")
    found, damaged = await listed(registry, REPOSITORY)
    assert damaged == 0
    assert sorted(found, key=lambda each: (each.bundle.tag, each.bundle.commit)) == [
        Listed(old, named=False),
        Listed(new, named=True),
        Listed(v1, named=True),
    ]


async def test_a_name_that_somebody_deleted_is_no_name(registry: Registry) -> None:
    v1 = await pushed(registry, "v1", "a")
    await registry.delete(REPOSITORY, bundle_tag("v1"))
    assert await listed(registry, REPOSITORY) == ([Listed(v1, named=False)], 0)


async def test_what_is_no_bundle_is_counted_and_left_out(registry: Registry) -> None:
    v1 = await pushed(registry, "v1", "a")
    other = image("no bundle")
    await registry.upload(REPOSITORY, other)
    await registry.tag(REPOSITORY, other.digest, f"bundle-{'0' * 16}")
    elsewhere = replace(v1, tag="v2")
    digest = await registry.digest_of(REPOSITORY, bundle_tag("v1"))
    assert digest
    await registry.tag(REPOSITORY, digest, bundle_tag(elsewhere.id))
    assert await listed(registry, REPOSITORY) == ([Listed(v1, named=True)], 2)


async def test_an_empty_registry_has_none(registry: Registry) -> None:
    assert await listed(registry, REPOSITORY) == ([], 0)
