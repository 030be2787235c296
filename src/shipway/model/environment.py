"""What one environment demands of a release, and which environment comes before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """`before` is the environment in which a bundle must have proved itself, None for the first one."""

    environment: str
    before: str | None
    timeout_seconds: int
    returns: bool = False  # to the last proven release, by itself, when a release fails
    max_failed_requests: int | None = None  # None: the probe only counts
    approval: bool = False
    probe: str = "/health"  # the path that is requested during a rollout


def before(order: Sequence[str], environment: str) -> str | None:
    place = order.index(environment)
    return order[place - 1] if place else None
