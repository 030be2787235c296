"""What happened in an environment, from helm's words and ours."""

from dataclasses import replace

import pytest

from shipway.model.history import entries, what
from shipway.model.record import Kept, Kind, Record
from shipway.model.revision import UNDERWAY, Revision

BUNDLE = "sha256:bb"


def revision(
    number: int, description: str, status: str = "superseded", run: str = "r1"
) -> Revision:
    values = {"image": {"tag": "v1", "digest": "sha256:1"}, "release": {"bundle": BUNDLE}}
    return Revision(number, status, "0.1.0", "", description, values, run=run)


def kept(kind: Kind, run: str, environment: str = "prod", **facts: object) -> Kept:
    record = Record(kind, BUNDLE, "2026-01-02T03:04:05Z", f"who of {run}", run, environment)
    return Kept(f"sha256:{kind}{run}{environment}", replace(record, **facts))  # type: ignore[arg-type]  # facts are a record's own fields


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (revision(1, "v1, bundle sha256:bb by alice on laptop"), "deployed v1"),
        (revision(1, f"v1, bundle sha256:bb{UNDERWAY}"), "deployed v1, nobody saw it serve"),
        (revision(3, "Rollback to 1"), "rolled back to v1 (1)"),
        (revision(2, "rollout failed: no database", "failed"), "failed: no database"),
        (revision(2, "failed: left pending-upgrade by r1"), "healed: left pending-upgrade by r1"),
        (revision(2, "Preparing upgrade", "pending-upgrade"), "pending-upgrade"),
        (revision(2, "Upgrade complete", run=""), "by another tool: Upgrade complete"),
        (revision(2, "timed out", "failed", run=""), "failed: timed out"),
    ],
)
def test_what_happened_is_told_in_words(told: Revision, words: str) -> None:
    assert what(told) == words


def test_an_entry_knows_who_did_it_and_why_although_something_stood_in_the_way() -> None:
    records = [
        kept("forced", "r1", reason="haste"),
        kept("proven", "r1", revision=2),
        kept("failed", "r9", revision=1),
        kept("proven", "r1", environment="dev", revision=1),
        kept("quarantined", "r9", reason="it lost data"),
    ]
    second, first = entries(
        [revision(1, "Upgrade complete", run=""), revision(2, "Rollback to 1")],
        {BUNDLE: records},
        "prod",
    )
    assert (second.revision, second.who, second.forced, second.proven) == (
        2,
        "who of r1",
        "haste",
        True,
    )
    assert (first.revision, first.who, first.forced, first.proven) == (1, "", "", False)
    assert {first.quarantined, second.quarantined} == {"it lost data"}


@pytest.mark.parametrize(
    ("description", "who"),
    [
        ("v1, bundle sha256:bb by alice on laptop", "alice on laptop"),
        (f"v1, bundle sha256:bb by alice on laptop{UNDERWAY}", "alice on laptop"),
        ("v1, bundle sha256:bb by alice on laptop; failed: left by r1", "alice on laptop"),
        ("v1, bundle sha256:bb", ""),
        ("rollout failed: killed by the kernel", ""),
    ],
)
def test_where_nothing_is_recorded_a_deploy_itself_says_who(description: str, who: str) -> None:
    (entry,) = entries([revision(1, description)], {}, "prod")
    assert entry.who == who
