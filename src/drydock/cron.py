"""Cron schedules: when a CronJob is due. Five fields or a descriptor, as robfig/cron's standard parser reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_HORIZON: Final = timedelta(days=5 * 366)  # a schedule such as 30 February is never due
_SPANS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=32))
_DESCRIPTORS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS: Final[Mapping[str, int]] = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WEEKDAYS: Final[Mapping[str, int]] = {
    name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class BadSchedule(ValueError):
    """A schedule that cannot be read, and why, in the parser's words."""


@dataclass(frozen=True, slots=True)
class Every:
    """`@every 1h30m`: at this distance from the time before."""

    seconds: int

    def after(self, moment: datetime, _zone: tzinfo) -> datetime | None:
        return moment.replace(microsecond=0) + timedelta(seconds=self.seconds)

    def latest(self, since: datetime, now: datetime, _zone: tzinfo) -> datetime | None:
        """The last of the times after `since` and until `now`."""
        rounds = int((now - since).total_seconds()) // self.seconds
        return since + timedelta(seconds=rounds * self.seconds) if rounds > 0 else None


@dataclass(frozen=True, slots=True)
class Field:
    values: frozenset[int]
    any: bool  # written as `*` or `?`

    def __contains__(self, value: int) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Calendar:
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first whole minute later than `moment` at which the clocks of `zone` match; None for never."""
        at = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = at + _HORIZON
        while at < end:
            local = at.astimezone(zone)
            if not self._on(local):
                midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time())
                at = max(midnight.replace(tzinfo=zone).astimezone(UTC), at + timedelta(minutes=1))
            elif local.hour not in self.hour:
                at += timedelta(minutes=60 - local.minute)
            elif local.minute not in self.minute:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def latest(self, since: datetime, now: datetime, zone: tzinfo) -> datetime | None:
        """The last of the times after `since` and until `now`."""
        for span in (
            *_SPANS,
            now - since,
        ):  # short ones first: a long absence is not walked through
            found, at = None, self.after(max(since, now - span), zone)
            while at is not None and at <= now:
                found, at = at, self.after(at, zone)
            if found is not None or now - span <= since:
                return found
        return None

    def _on(self, local: datetime) -> bool:
        """Where both days are restricted, either will do."""
        if local.month not in self.month:
            return False
        in_month, in_week = local.day in self.day, local.isoweekday() % 7 in self.weekday
        if self.day.any or self.weekday.any:
            return in_month and in_week
        return in_month or in_week


Schedule = Calendar | Every


def parse(text: str) -> Schedule:
    """Raises BadSchedule."""
    if not text:
        raise BadSchedule("empty spec string")
    if text.startswith("@"):
        return _described(text)
    fields = text.split()
    if len(fields) != 5:
        raise BadSchedule(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minute, hour, day, month, weekday = fields
    return Calendar(
        _field(minute, 0, 59, {}),
        _field(hour, 0, 23, {}),
        _field(day, 1, 31, {}),
        _field(month, 1, 12, _MONTHS),
        _field(weekday, 0, 6, _WEEKDAYS),
    )


def _described(text: str) -> Schedule:
    if text in _DESCRIPTORS:
        return parse(_DESCRIPTORS[text])
    every = text.removeprefix("@every ")
    if every == text:
        raise BadSchedule(f"unrecognized descriptor: {text}")
    found = _DURATION.fullmatch(every)
    hours, minutes, seconds = (int(part or 0) for part in (found.groups() if found else "000"))
    if not every or found is None:
        raise BadSchedule(f'failed to parse duration {text}: time: invalid duration "{every}"')
    return Every(max(1, hours * 3600 + minutes * 60 + seconds))


def _field(text: str, low: int, high: int, names: Mapping[str, int]) -> Field:
    values: set[int] = set()
    unbound = False
    for part in filter(None, text.split(",")):
        some, star = _range(part, low, high, names)
        values.update(some)
        unbound = unbound or star
    return Field(frozenset(values), unbound)


def _range(text: str, low: int, high: int, names: Mapping[str, int]) -> tuple[range, bool]:
    """The values of `*`, `3`, `1-5`, each with an optional `/step`; and whether it is a plain star."""
    span, *steps = text.split("/")
    ends = span.split("-")
    if len(steps) > 1:
        raise BadSchedule(f"too many slashes: {text}")
    if len(ends) > 2:
        raise BadSchedule(f"too many hyphens: {text}")
    star = ends[0] in {"*", "?"}
    first = low if star else _number(ends[0], names)
    last = high if star else _number(ends[-1], names)
    step = _number(steps[0], {}) if steps else 1
    if steps and len(ends) == 1:
        last = high
    if first < low:
        raise BadSchedule(f"beginning of range ({first}) below minimum ({low}): {text}")
    if last > high:
        raise BadSchedule(f"end of range ({last}) above maximum ({high}): {text}")
    if first > last:
        raise BadSchedule(f"beginning of range ({first}) beyond end of range ({last}): {text}")
    if step == 0:
        raise BadSchedule(f"step of range should be a positive number: {text}")
    return range(first, last + 1, step), star and step == 1


def _number(text: str, names: Mapping[str, int]) -> int:
    named = names.get(text.lower())
    if named is not None:
        return named
    try:
        number = int(text)
    except ValueError:
        why = f'strconv.Atoi: parsing "{text}": invalid syntax'
        raise BadSchedule(f"failed to parse int from {text}: {why}") from None
    if number < 0:
        raise BadSchedule(f"negative number ({number}) not allowed: {text}")
    return number
