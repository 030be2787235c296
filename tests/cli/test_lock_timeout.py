"""How long a run waits for its turn, as a person writes it."""

import click
import pytest

from shipway.cli.options import Duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0", 0), ("0s", 0), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1h0m1s", 3601)],
)
def test_a_duration_is_seconds(written: str, seconds: float) -> None:
    assert Duration().convert(written, None, None) == seconds


@pytest.mark.parametrize("written", ["", "5", "-1s", "1s1m", "forever", "1.5m", "5 m"])
def test_what_is_no_duration_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        Duration().convert(written, None, None)
    assert refused.value.message == f"{written!r} is no duration such as 90s or 5m"
