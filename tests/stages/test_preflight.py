"""What a registry is asked before an environment goes back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drydock.registry.app import create
from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.record import Kind, Record
from shipway.model.revision import Revision
from shipway.oci import bundles
from shipway.oci.bundles import Released, bundle_tag
from shipway.oci.records import Ledger
from shipway.oci.registry import Registry
from shipway.stages.build import short
from shipway.stages.preflight import Preflight
from tests.oci.conftest import HASTE, image, serve

APP, CHART = "app", "charts/app"


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    app = create(tmp_path / "registry", allowed_hosts={"127.0.0.1"})
    async with serve(app) as address, Registry(address, patience=HASTE) as registry:
        yield registry


@pytest.fixture
def preflight(registry: Registry) -> Preflight:
    return Preflight(Ledger(registry, APP), "prod")


async def push(registry: Registry, tag: str, *, rollback_safe: bool = True) -> Bundle:
    """A bundle with an image and a chart of its own."""
    parts = {APP: image(f"image {tag}"), CHART: image(f"chart {tag}")}
    for repository, part in parts.items():
        await registry.upload(repository, part)
    bundle = Bundle(
        image=ImageRef(APP, parts[APP].digest),
        chart=ChartRef(CHART, "1.0.0", parts[CHART].digest),
        values={},
        commit="",
        tag=tag,
        rollback_safe=rollback_safe,
    )
    await bundles.push(registry, Released(bundle, {}), parts[APP].descriptor)
    return bundle


async def record(registry: Registry, kind: Kind, bundle: Bundle) -> None:
    entry = Record(kind, bundle.id, "2026-01-01T00:00:00Z", "ann", "run", "prod")
    await Ledger(registry, APP).write(entry)


def history(*releases: Bundle | None) -> list[Revision]:
    """One revision of each; None is one that somebody's own helm made."""
    found = []
    for number, bundle in enumerate(releases, 1):
        values: dict[str, Any] = {}
        if bundle:
            named = {"tag": bundle.tag, "digest": bundle.image.digest}
            values = {"image": named, "release": {"bundle": bundle.id}}
        status = "deployed" if number == len(releases) else "superseded"
        found.append(Revision(number, status, "1.0.0", "", "", values))
    return found


async def test_it_looks_no_further_than_it_has_to(registry: Registry, preflight: Preflight) -> None:
    made = [await push(registry, f"v{number}") for number in range(6)]
    await record(registry, "proven", made[0])
    await record(registry, "proven", made[4])
    revisions = history(*made)
    assert await preflight.choose(revisions) == revisions[4]
    assert set(preflight.known) == {each.id for each in made[3:]}


async def test_it_looks_as_far_as_it_has_to(registry: Registry, preflight: Preflight) -> None:
    made = [await push(registry, f"v{number}") for number in range(6)]
    await record(registry, "proven", made[0])
    for each in made[1:]:
        await record(registry, "proven", each)
        await record(registry, "quarantined", each)
    revisions = history(*made)
    assert await preflight.choose(revisions) == revisions[0]


async def test_where_all_is_there_and_safe_nothing_is_against_it(
    registry: Registry, preflight: Preflight
) -> None:
    v1 = await push(registry, "v1", rollback_safe=False)  # of itself: it reads what it wrote
    v2 = await push(registry, "v2")
    assert await preflight.risks(history(v1, v2, v1, None, v2), 1, v1.id) == []


async def test_what_is_missing_is_told_by_its_digest(
    registry: Registry, preflight: Preflight
) -> None:
    v1, v2 = [await push(registry, tag) for tag in ("v1", "v2")]
    await registry.delete(APP, v1.image.digest)
    await registry.delete(CHART, v1.chart.digest)
    host = registry.address.host
    assert await preflight.risks(history(v1, v2), 1, v1.id) == [
        f"its image {host}/{APP}@{v1.image.digest} is not in the registry",
        f"its chart {host}/{CHART}@{v1.chart.digest} is not in the registry",
    ]


async def test_what_changed_the_data_for_good_is_not_crossed(
    registry: Registry, preflight: Preflight
) -> None:
    v1, v3 = [await push(registry, tag) for tag in ("v1", "v3")]
    v2 = await push(registry, "v2", rollback_safe=False)
    revisions = history(v1, v2, v3)
    unsafe = (
        "revision 2 (v2) is not safe to go back from (rollback_safe: false): "
        "its data is not for earlier releases"
    )
    assert await preflight.risks(revisions, 1, v1.id) == [unsafe]
    assert await preflight.risks(revisions, 0, "sha256:of-another") == [
        "its bundle sha256:of-another is not in the registry",
        unsafe,
    ]
    assert await preflight.risks(revisions, 2, v2.id) == []


async def test_of_a_bundle_that_is_gone_nobody_knows_whether_it_is_safe(
    registry: Registry, preflight: Preflight
) -> None:
    v1, v2 = [await push(registry, tag) for tag in ("v1", "v2")]
    stored = await registry.digest_of(APP, bundle_tag(v2.id))
    assert stored
    await registry.delete(APP, stored)
    assert await preflight.risks(history(v1, v2), 1, v1.id) == [
        "nobody knows whether revision 2 (v2) is safe to go back from: "
        "its bundle is not in the registry"
    ]
    assert await preflight.risks(history(v1, v2), 2, v2.id) == [
        f"its bundle {short(v2.id)} is not in the registry"
    ]
