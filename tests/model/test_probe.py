"""Observations of a route, summed up."""

import json
from dataclasses import asdict

from shipway.model.probe import NotProbed, Observation, Probed, probed

REFUSED = "All connection attempts failed"


def test_a_route_that_always_answers_has_the_gaps_of_the_rate() -> None:
    seen = [Observation(0.01), Observation(0.06), Observation(0.13), Observation(0.16)]
    found = probed(seen, 0.2)
    assert found == Probed(requests=4, failures=0, longest_gap=0.07)
    assert str(found) == "0 of 4 requests failed, longest gap 0.07 s"


def test_an_outage_is_as_long_as_the_time_between_two_answers() -> None:
    seen = [
        Observation(1.0),
        Observation(1.5, REFUSED),
        Observation(2.0, REFUSED),
        Observation(3.5),
    ]
    found = probed(seen, 3.6)
    assert found == Probed(
        requests=4,
        failures=2,
        longest_gap=2.5,
        first_failures=(f"1.50 s: {REFUSED}", f"2.00 s: {REFUSED}"),
    )
    assert str(found) == "2 of 4 requests failed, longest gap 2.50 s"


def test_an_outage_that_has_not_ended_counts_to_the_moment_of_the_question() -> None:
    assert probed([Observation(0.1), Observation(0.2, REFUSED)], 7.1).longest_gap == 7.0


def test_answers_that_overtake_one_another_are_put_in_order() -> None:
    seen = [Observation(0.1), Observation(0.3), Observation(0.2), Observation(0.25, "504 late")]
    assert probed(seen, 0.35) == Probed(
        requests=4, failures=1, longest_gap=0.1, first_failures=("0.25 s: 504 late",)
    )


def test_only_the_first_failures_are_told() -> None:
    seen = [Observation(float(second), f"{500 + second} so") for second in range(9, 0, -1)]
    assert probed(seen, 9.0).first_failures == (
        "1.00 s: 501 so",
        "2.00 s: 502 so",
        "3.00 s: 503 so",
        "4.00 s: 504 so",
        "5.00 s: 505 so",
    )


def test_nothing_seen_yet_is_said_as_that() -> None:
    assert str(probed([], 0.0)) == "0 of 0 requests failed, longest gap 0.00 s"
    assert str(NotProbed("the route does not answer yet")) == (
        "not probed: the route does not answer yet"
    )


def test_what_was_seen_can_stand_in_a_record() -> None:
    found = probed([Observation(0.5, REFUSED)], 1.0)
    assert json.loads(json.dumps(asdict(found))) == {
        "requests": 1,
        "failures": 1,
        "longest_gap": 1.0,
        "first_failures": [f"0.50 s: {REFUSED}"],
    }
