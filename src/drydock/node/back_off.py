"""How long a failing thing rests before it is tried again, as the kubelet counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds. The first retry is immediate when `eager`, the second rests `initial`, each next twice as long."""

    initial: float = 10
    maximum: float = 300
    forget_after: float = 600


KUBELET = Schedule()


class BackOff:
    def __init__(self, schedule: Schedule, *, eager: bool) -> None:
        self._schedule = schedule
        self._first = 0.0 if eager else schedule.initial
        self._next = self._first

    def rest(self, lasted: float) -> float:
        """Seconds to rest after a try that went well for `lasted` seconds."""
        if lasted >= self._schedule.forget_after:
            self._next = self._first
        rest = self._next
        self._next = min(max(self._schedule.initial, 2 * rest), self._schedule.maximum)
        return rest


def duration(seconds: float) -> str:
    """As Go prints it, to the millisecond: `12ms`, `1.25s`, `10s`, `1m20s`, `5m0s`."""
    whole = round(seconds * 1000)
    if 0 < whole < 1000:
        return f"{whole}ms"
    minutes, rest = divmod(whole, 60_000)
    return f"{minutes}m{rest / 1000:g}s" if minutes else f"{rest / 1000:g}s"
