"""Whether a lease may be taken, judged without comparing clocks."""

from dataclasses import replace

import pytest

from shipway.model.lease import Holder, Seen, State, Watched

ALICE = Holder(
    who="alice on laptop",
    host="laptop/9f1c2d3e.4026531836",
    run="20261122T184948-4711",
    pid=4711,
    born="9f1c2d3e/12",
    doing="deploy dev",
)
BOB = replace(ALICE, who="bob on laptop", run="20261122T184950-4712", pid=4712)
HELD = Seen(ALICE, fence=3, seconds=15, taken="2026-11-22", renewed="2026-11-22T18:49:50Z")


def test_a_holder_is_told_in_a_line() -> None:
    assert str(ALICE) == "alice on laptop: deploy dev (run 20261122T184948-4711)"
    assert ALICE.identity == "laptop/9f1c2d3e.4026531836/20261122T184948-4711"


def test_one_that_told_nothing_is_its_identity() -> None:
    stranger = Holder.stranger("kubectl")
    assert (str(stranger), stranger.identity) == ("kubectl", "kubectl")


def test_two_runs_of_one_person_are_two_holders() -> None:
    again = replace(ALICE, run="20261122T184949-4711")
    assert HELD.is_of(replace(ALICE, doing="helm-test dev"))
    assert not HELD.is_of(again)
    assert not replace(HELD, holder=None).is_of(ALICE)


@pytest.mark.parametrize(
    ("seen", "us", "after", "dead", "state"),
    [
        (replace(HELD, holder=None), BOB, 0.0, False, "free"),
        (HELD, ALICE, 99.0, True, "ours"),
        (HELD, BOB, 15.0, False, "held"),
        (HELD, BOB, 15.1, False, "expired"),
        (HELD, BOB, 0.0, True, "dead"),
        (replace(HELD, seconds=60), BOB, 59.0, False, "held"),
    ],
)
def test_a_lease_is_judged(seen: Seen, us: Holder, after: float, dead: bool, state: State) -> None:
    assert Watched(seen, since=100.0).judge(us, 100.0 + after, dead=dead) == state


def test_a_sign_of_life_begins_the_wait_anew_whatever_its_time_says() -> None:
    watched = Watched(HELD, since=100.0)
    earlier = replace(HELD, renewed="2026-11-22T17:00:00Z")
    assert watched.then(HELD, 110.0) == watched
    assert watched.then(earlier, 110.0) == Watched(earlier, since=110.0)
    assert watched.then(earlier, 110.0).judge(BOB, 124.0, dead=False) == "held"
