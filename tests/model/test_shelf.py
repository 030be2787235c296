"""Rows of bundles, from what is recorded of each."""

from shipway.model.bundle import Bundle, ChartRef, ImageRef
from shipway.model.record import Kept, Kind, Record
from shipway.model.shelf import Item, Listed, items

ENVIRONMENTS = ("dev", "staging", "prod")


def bundle(tag: str) -> Bundle:
    image, chart = ImageRef("app", f"sha256:{tag}"), ChartRef("charts/app", "0.1.0", "sha256:2")
    return Bundle(image, chart, {}, "61f2c0a", tag)


V1, V2, OLD = bundle("v1"), bundle("v2"), bundle("latest")


def kept(kind: Kind, second: int, environment: str = "", **facts: tuple[str, ...]) -> Kept:
    at = f"2026-01-02T03:04:{second:02}+00:00"
    record = Record(kind, V1.id, at, "alice on laptop", "r1", environment, **facts)  # type: ignore[arg-type]  # only `lifts`
    return Kept(f"sha256:{kind}{second}", record)


def listing(records: list[Kept]) -> Item:
    (item,) = items([Listed(V1, named=True)], {V1.id: records}, {}, ENVIRONMENTS)
    return item


def test_the_newest_comes_first_and_what_nobody_dated_last() -> None:
    listed = [Listed(OLD, named=False), Listed(V1, named=True), Listed(V2, named=True)]
    known = {V1.id: [kept("built", 1)], V2.id: [kept("built", 2)]}
    found = items(listed, known, {"dev": V2.id, "prod": V1.id}, ENVIRONMENTS)
    assert [(each.tag, each.named, each.built[17:19], each.runs) for each in found] == [
        ("v2", True, "02", ("dev",)),
        ("v1", True, "01", ("prod",)),
        ("latest", False, "", ()),
    ]


def test_where_it_proved_itself_and_where_not_is_in_the_projects_order() -> None:
    item = listing(
        [
            kept("built", 0),
            kept("proven", 3, "staging"),
            kept("proven", 1, "dev"),
            kept("failed", 2, "staging"),
            kept("failed", 4, "prod"),
            kept("approved", 4, "prod"),
        ]
    )
    assert (item.proven, item.failed, item.quarantined, item.approved) == (
        ("dev", "staging"),
        ("prod",),
        (),
        ("prod",),
    )
    assert (item.commit, item.who, item.built) == (
        "61f2c0a",
        "alice on laptop",
        "2026-01-02T03:04:00+00:00",
    )


def test_in_quarantine_it_is_not_proven_until_somebody_insists() -> None:
    shut = [kept("proven", 1, "prod"), kept("quarantined", 2, "prod")]
    assert (listing(shut).proven, listing(shut).quarantined) == ((), ("prod",))
    lifted = [*shut, kept("forced", 3, "prod", lifts=("sha256:quarantined2",))]
    assert (listing(lifted).proven, listing(lifted).quarantined) == (("prod",), ())


def test_while_the_cluster_does_not_answer_nobody_knows_where_it_runs() -> None:
    (item,) = items([Listed(V1, named=True)], {}, None, ENVIRONMENTS)
    assert item.runs is None
