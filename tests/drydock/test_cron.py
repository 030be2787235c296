"""Expectations of the calendar are worked out by hand; the messages are robfig/cron's."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from drydock.cron import BadSchedule, parse


def due(schedule: str, since: str, times: int = 3, zone: str = "UTC") -> list[str]:
    at: datetime | None = datetime.fromisoformat(since).replace(tzinfo=UTC)
    found = []
    for _ in range(times):
        assert at is not None
        at = parse(schedule).after(at, ZoneInfo(zone))
        found.append("never" if at is None else f"{at:%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("* * * * *", ["01-01T00:01", "01-01T00:02", "01-01T00:03"]),
        ("*/20 * * * *", ["01-01T00:20", "01-01T00:40", "01-01T01:00"]),
        ("5/25 1 * * *", ["01-01T01:05", "01-01T01:30", "01-01T01:55"]),
        ("0 9-11/2 * * *", ["01-01T09:00", "01-01T11:00", "01-02T09:00"]),
        ("1,3 0 * * *", ["01-01T00:01", "01-01T00:03", "01-02T00:01"]),
        ("0 0 1 * *", ["02-01T00:00", "03-01T00:00", "04-01T00:00"]),
        ("0 0 ? FEB,aug ?", ["02-01T00:00", "02-02T00:00", "02-03T00:00"]),
        ("0 0 * * mon-tue", ["01-05T00:00", "01-06T00:00", "01-12T00:00"]),
        ("0 0 3 * sun", ["01-03T00:00", "01-04T00:00", "01-11T00:00"]),
        ("0 0 */15 * sat", ["01-03T00:00", "01-10T00:00", "01-16T00:00"]),  # a step restricts
        ("0 0 31 * *", ["01-31T00:00", "03-31T00:00", "05-31T00:00"]),
        ("@hourly", ["01-01T01:00", "01-01T02:00", "01-01T03:00"]),
        ("@midnight", ["01-02T00:00", "01-03T00:00", "01-04T00:00"]),
        ("@weekly", ["01-04T00:00", "01-11T00:00", "01-18T00:00"]),
        ("@every 1h30m", ["01-01T01:30", "01-01T03:00", "01-01T04:30"]),
    ],
)
def test_the_next_times_after_the_first_of_january_2026(schedule: str, times: list[str]) -> None:
    assert due(schedule, "2026-01-01T00:00:00") == times


def test_a_time_that_never_comes_is_none() -> None:
    assert due("0 0 30 2 *", "2026-01-01T00:00:00", times=1) == ["never"]


def test_a_leap_day_is_found_years_ahead() -> None:
    at = parse("0 0 29 2 *").after(datetime(2026, 1, 1, tzinfo=UTC), UTC)
    assert at == datetime(2028, 2, 29, tzinfo=UTC)


def test_the_clocks_of_the_time_zone_count() -> None:
    berlin = due("30 7 * * *", "2026-03-28T00:00:00", times=2, zone="Europe/Berlin")
    assert berlin == ["03-28T06:30", "03-29T05:30"]


def test_an_hour_that_the_clocks_skip_is_left_out() -> None:
    berlin = due("30 2 * * *", "2026-03-28T12:00:00", times=1, zone="Europe/Berlin")
    assert berlin == ["03-30T00:30"]


def test_an_hour_that_the_clocks_repeat_comes_twice() -> None:
    berlin = due("30 2 * * *", "2026-10-24T12:00:00", times=3, zone="Europe/Berlin")
    assert berlin == ["10-25T00:30", "10-25T01:30", "10-26T01:30"]


def test_the_moment_itself_is_not_later() -> None:
    at = parse("0 0 * * *").after(datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC), UTC)
    assert at == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("0 0 * * * *", "expected exactly 5 fields, found 6: [0 0 * * * *]"),
        ("@fortnightly", "unrecognized descriptor: @fortnightly"),
        (
            "@every soon",
            'failed to parse duration @every soon: time: invalid duration "soon"',
        ),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        (
            "x * * * *",
            'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
        ),
    ],
)
def test_a_schedule_that_cannot_be_read_says_why(schedule: str, why: str) -> None:
    with pytest.raises(BadSchedule) as bad:
        parse(schedule)
    assert str(bad.value) == why
