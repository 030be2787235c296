"""What a steady stream of requests to a route has shown: how many failed, and for how long nobody was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SHOWN = 5  # failures that are told with their words


@dataclass(frozen=True, slots=True)
class Observation:
    """One request, at its end."""

    at: float  # seconds since the first one was sent
    failure: str = ""  # why it is one; empty: it was answered


@dataclass(frozen=True, slots=True)
class Probed:
    requests: int
    failures: int
    longest_gap: float  # seconds without a successful answer
    first_failures: tuple[str, ...] = ()  # `3.21 s: 503 Service Unavailable`

    def __str__(self) -> str:
        return (
            f"{self.failures} of {self.requests} requests failed, "
            f"longest gap {self.longest_gap:.2f} s"
        )


@dataclass(frozen=True, slots=True)
class NotProbed:
    """There is nothing to keep up: on a first release, or where the route was down before."""

    reason: str

    def __str__(self) -> str:
        return f"not probed: {self.reason}"


def probed(observations: Sequence[Observation], until: float) -> Probed:
    """`until` is when somebody asks, in seconds since the first request: an outage may not have ended by then."""
    answered = sorted(each.at for each in observations if not each.failure)
    failed = sorted((each for each in observations if each.failure), key=lambda each: each.at)
    gaps = [later - earlier for earlier, later in pairwise([0.0, *answered, until])]
    return Probed(
        requests=len(observations),
        failures=len(failed),
        longest_gap=round(max(gaps), 3),
        first_failures=tuple(f"{each.at:.2f} s: {each.failure}" for each in failed[:SHOWN]),
    )
