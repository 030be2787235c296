"""What an environment demands of a bundle."""

from dataclasses import replace

import pytest

from shipway.model.environment import Rules, before
from shipway.model.promotion import Obstacle, obstacles
from shipway.model.record import Kept, Kind, Record

RULES = Rules(environment="prod", before="staging", timeout_seconds=120)
MOMENT = "2026-01-01T00:00:00Z"


def kept(kind: Kind, environment: str, reason: str = "", lifts: tuple[str, ...] = ()) -> Kept:
    record = Record(
        kind, "b", MOMENT, "ann", "run", environment=environment, reason=reason, lifts=lifts
    )
    return Kept(f"{kind} {environment} {reason}", record)


PROVEN = kept("proven", "staging")
BAD = kept("quarantined", "prod", "it loses orders")


def test_what_is_proven_in_the_environment_before_may_come() -> None:
    assert obstacles(RULES, [PROVEN]) == []


def test_what_is_proven_elsewhere_may_not() -> None:
    assert obstacles(RULES, [kept("proven", "dev"), kept("failed", "staging")]) == [
        Obstacle("is not proven in staging", "shipway promote TAG --to staging")
    ]


def test_what_was_here_before_may_come_again() -> None:
    assert obstacles(RULES, [kept("proven", "prod")]) == []


def test_the_first_environment_takes_everything() -> None:
    assert obstacles(replace(RULES, environment="dev", before=None), []) == []


def test_what_is_quarantined_may_not_come_however_often_it_was_proven() -> None:
    found = obstacles(RULES, [PROVEN, kept("proven", "prod"), BAD])
    assert found == [
        Obstacle(
            f"is quarantined in prod: it loses orders (ann, {MOMENT})",
            "release another one to prod",
        )
    ]
    assert obstacles(RULES, [PROVEN, kept("quarantined", "staging", "slow")]) == []


def test_who_insisted_ended_the_quarantines_that_there_were_and_no_later_one() -> None:
    forced = kept("forced", "prod", "the data was wrong", lifts=(BAD.digest,))
    assert obstacles(RULES, [PROVEN, BAD, forced]) == []
    again = kept("quarantined", "prod", "it still loses orders")
    (found,) = obstacles(RULES, [PROVEN, BAD, forced, again])
    assert found.why.startswith("is quarantined in prod: it still loses orders")


def test_to_insist_once_is_no_proof() -> None:
    assert [each.why for each in obstacles(RULES, [kept("forced", "prod", "haste")])] == [
        "is not proven in staging"
    ]


def test_an_approval_is_of_one_environment() -> None:
    rules = replace(RULES, approval=True)
    missing = Obstacle("is not approved for prod", "shipway approve TAG --env prod")
    assert obstacles(rules, [PROVEN, kept("approved", "staging")]) == [missing]
    assert obstacles(rules, [PROVEN, kept("approved", "prod")]) == []


@pytest.mark.parametrize(("environment", "expected"), [("dev", None), ("prod", "staging")])
def test_the_order_is_that_of_the_project(environment: str, expected: str | None) -> None:
    assert before(["dev", "staging", "prod"], environment) == expected
