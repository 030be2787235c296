"""Where a rollback goes, and what keeps it from going elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shipway.model.bundle import Digest, digest
from shipway.model.record import Kept, Kind, Record
from shipway.model.revision import UNDERWAY, Revision
from shipway.model.rollback import (
    Unknown,
    cause,
    choose,
    condemned,
    crossed,
    distrust,
    forgotten,
    named,
    why_not,
)

ENVIRONMENT = "prod"
INTERRUPTED = "rollout failed: interrupted before its pods were seen to serve"


def bundle(tag: str) -> Digest:
    """The id of the one that has this tag."""
    return digest(tag.encode())


def revision(
    number: int, tag: str, status: str = "superseded", description: str = "", image: str = ""
) -> Revision:
    """Its image is that of the tag, unless it is another one's."""
    values: dict[str, Any] = {
        "image": {"repository": "localhost/app", "tag": tag, "digest": f"sha256:{image or tag}"},
        "release": {"bundle": bundle(tag), "chartDigest": "sha256:c"},
    }
    return Revision(number, status, "0.1.0", "2026-01-01T00:00:00Z", description, values)


def kept(
    kind: Kind,
    tag: str,
    environment: str = ENVIRONMENT,
    *,
    revision: int = 0,
    reason: str = "",
    lifts: tuple[str, ...] = (),
) -> Kept:
    record = Record(
        kind,
        bundle(tag),
        "2026-01-01T00:00:00Z",
        "ann",
        "run",
        environment,
        revision=revision,
        reason=reason,
        lifts=lifts,
    )
    return Kept(f"{kind} {tag} {environment} {revision}", record)


def known(
    *records: Kept, also: Sequence[str] = ("v1", "v2", "v3", "v4")
) -> Mapping[str, list[Kept]]:
    """By bundle; of those that are `also` known there may be nothing to tell."""
    found: dict[str, list[Kept]] = {bundle(tag): [] for tag in also}
    for each in records:
        found[each.record.bundle].append(each)
    return found


HISTORY = [
    revision(1, "v1"),
    revision(2, "v2"),
    revision(3, "v3"),
    revision(4, "v4", "deployed"),
]


def test_it_goes_to_the_last_one_that_is_proven_there() -> None:
    records = known(
        kept("proven", "v1"),
        kept("proven", "v2"),
        kept("proven", "v3", "staging"),
        kept("built", "v3"),
    )
    assert choose(HISTORY, records, ENVIRONMENT) == HISTORY[1]


def test_it_does_not_go_to_what_is_quarantined_there() -> None:
    proven = [kept("proven", tag) for tag in ("v1", "v2", "v3")]
    bad = kept("quarantined", "v3", reason="it loses orders")
    elsewhere = kept("quarantined", "v2", "staging")
    assert choose(HISTORY, known(*proven, bad, elsewhere), ENVIRONMENT) == HISTORY[1]
    lifted = kept("forced", "v3", lifts=(bad.digest,))
    assert choose(HISTORY, known(*proven, bad, lifted), ENVIRONMENT) == HISTORY[2]


@pytest.mark.parametrize(
    ("status", "description"),
    [
        ("failed", "rollout failed: container app exits with code 1"),
        (
            "superseded",
            "rollout failed: container app exits with code 1",
        ),  # helm forgets the status
        ("superseded", f"v3{UNDERWAY}"),
        ("pending-upgrade", "Preparing upgrade"),
        ("uninstalled", "Uninstallation complete"),
    ],
)
def test_it_does_not_go_to_a_revision_that_nobody_saw_serve(status: str, description: str) -> None:
    history = [HISTORY[0], HISTORY[1], revision(3, "v3", status, description), HISTORY[3]]
    records = known(*(kept("proven", tag) for tag in ("v1", "v2", "v3")))
    assert choose(history, records, ENVIRONMENT) == HISTORY[1]


def test_it_does_not_go_to_what_is_there_already_under_whatever_name() -> None:
    history = [
        revision(1, "v1"),
        revision(2, "v3", image="v4"),
        revision(3, "v4"),
        revision(4, "v4", "deployed"),
    ]
    records = known(*(kept("proven", tag) for tag in ("v1", "v3", "v4")))
    assert choose(history, records, ENVIRONMENT) == history[0]


def test_a_second_rollback_goes_further_back_and_not_forward_again() -> None:
    history = [*HISTORY[:3], revision(4, "v2", "deployed")]  # after a rollback from v3 to v2
    proven = [kept("proven", tag) for tag in ("v1", "v2", "v3")]
    records = known(*proven, kept("quarantined", "v3"))
    assert choose(history, records, ENVIRONMENT) == history[0]


@pytest.mark.parametrize(
    ("status", "description"),
    [("deployed", f"Rollback to 2{UNDERWAY}"), ("failed", INTERRUPTED)],
)
def test_a_rollback_that_was_interrupted_is_ended_by_the_next_one(
    status: str, description: str
) -> None:
    history = [*HISTORY[:3], revision(4, "v2", status, description)]
    records = known(*(kept("proven", tag) for tag in ("v1", "v2", "v3")), kept("quarantined", "v3"))
    assert choose(history, records, ENVIRONMENT) == history[1]


def test_a_return_that_failed_is_not_tried_again() -> None:
    history = [*HISTORY[:3], revision(4, "v2", "failed", "rollout failed: no node takes the pod")]
    records = known(
        *(kept("proven", tag) for tag in ("v1", "v2", "v3")),
        kept("quarantined", "v3"),
        kept("failed", "v2", revision=4),
    )
    assert choose(history, records, ENVIRONMENT) == history[0]


def test_there_may_be_nothing_to_return_to() -> None:
    assert choose([], {}, ENVIRONMENT) is None
    assert choose([revision(1, "v1", "deployed")], {}, ENVIRONMENT) is None
    assert choose(HISTORY, known(), ENVIRONMENT) is None


def test_only_what_the_choice_hangs_on_has_to_be_known() -> None:
    assert choose(HISTORY, {}, ENVIRONMENT) == Unknown((bundle("v4"), bundle("v3"), bundle("v2")))
    so_far = known(kept("quarantined", "v3"), also=("v3", "v4"))
    assert choose(HISTORY, so_far, ENVIRONMENT) == Unknown((bundle("v2"), bundle("v1")))
    enough = known(kept("proven", "v3"), also=("v3", "v4"))
    assert choose(HISTORY, enough, ENVIRONMENT) == HISTORY[2]


def test_of_each_earlier_revision_it_is_said_why_it_will_not_do() -> None:
    history = [
        Revision(1, "superseded", "1.0", "", "Install complete", {}),  # somebody's own helm
        revision(2, "v2"),
        revision(3, "v3", "failed", "rollout failed: no node takes the pod"),
        revision(4, "v4"),
        revision(5, "v4", "deployed"),
    ]
    records = known(
        kept("proven", "v3"), kept("quarantined", "v3", reason="it is slow"), kept("proven", "v4")
    )
    assert why_not(history, records, ENVIRONMENT) == [
        (history[3], "the image, chart and values that are there"),
        (
            history[2],
            "rollout failed: no node takes the pod, "
            "quarantined in prod: it is slow (ann, 2026-01-01T00:00:00Z)",
        ),
        (history[1], "not proven in prod"),
        (history[0], "no release of shipway's"),
    ]


def test_whoever_names_a_revision_hears_all_that_is_against_it() -> None:
    assert distrust(HISTORY[0], [kept("proven", "v1")], ENVIRONMENT) == []
    assert distrust(HISTORY[0], [kept("proven", "v1", "staging")], ENVIRONMENT) == [
        "not proven in prod"
    ]
    underway = revision(1, "v1", "deployed", f"v1{UNDERWAY}")
    assert distrust(underway, [], ENVIRONMENT) == ["never seen to serve", "not proven in prod"]
    assert distrust(revision(1, "v1", "uninstalled"), [kept("proven", "v1")], ENVIRONMENT) == [
        "uninstalled"
    ]


def test_a_name_means_the_newest_of_its_revisions_that_served() -> None:
    history = [
        revision(1, "v1"),
        revision(2, "v2"),
        revision(3, "v1"),
        revision(4, "v1", "failed", "rollout failed: no node takes the pod"),
        revision(5, "v3", "failed", "rollout failed: no node takes the pod"),
    ]
    assert named(history, "v1") == history[2]
    assert named(history, bundle("v2")) == history[1]
    assert named(history, bundle("v2").removeprefix("sha256:")[:12]) == history[1]
    assert named(history, "v3") == history[4]
    assert named(history, "v4") is None


def test_whatever_worked_on_the_data_since_is_crossed() -> None:
    history = [*HISTORY, revision(5, "v2"), Revision(6, "deployed", "1.0", "", "", {})]
    assert crossed(history, 2, bundle("v2")) == [HISTORY[3], HISTORY[2]]
    assert crossed(history, 0, bundle("v0")) == [history[4], *HISTORY[::-1]]


def test_what_helm_has_forgotten_was_before_all_that_it_knows() -> None:
    kept_of_v0 = [kept("proven", "v1", revision=1)]
    assert forgotten(HISTORY[1:], kept_of_v0, ENVIRONMENT) == 1
    assert (
        forgotten(HISTORY, [kept("proven", "v1", revision=25)], ENVIRONMENT) == 0
    )  # of another cluster
    assert forgotten(HISTORY, [], ENVIRONMENT) == 0


def test_what_is_left_is_quarantined_once_and_not_where_it_stays() -> None:
    now = HISTORY[3]
    assert condemned(now, bundle("v3"), known(), ENVIRONMENT)
    assert not condemned(now, bundle("v4"), known(), ENVIRONMENT)
    assert not condemned(now, bundle("v3"), known(kept("quarantined", "v4")), ENVIRONMENT)
    foreign = Revision(4, "deployed", "1.0", "", "", {})
    assert not condemned(foreign, bundle("v3"), known(), ENVIRONMENT)


def test_who_takes_a_rollback_back_condemns_nothing() -> None:
    assert not condemned(HISTORY[3], bundle("v3"), known(kept("quarantined", "v3")), ENVIRONMENT)


def test_why_it_failed_is_recorded_or_in_helms_history() -> None:
    failed = revision(4, "v4", "failed", "rollout failed: code 1")
    told = kept("failed", "v4", revision=4, reason="prod: 0 of 3 pods became ready: code 1")
    assert cause(
        failed, [kept("failed", "v4", revision=2, reason="long ago"), told], ENVIRONMENT
    ) == ("prod: 0 of 3 pods became ready: code 1")
    assert cause(failed, [], ENVIRONMENT) == "rollout failed: code 1"
    assert cause(HISTORY[3], [], ENVIRONMENT) == ""
