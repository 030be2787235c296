"""What processes use: measured by the node, asked for by the autoscaler and by `kubectl top`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Usage:
    cores: float  # over the last seconds
    memory: int  # bytes resident

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cores + other.cores, self.memory + other.memory)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One look at a pod that runs, container by container."""

    at: datetime
    window: float  # seconds that the rates were taken over
    containers: Mapping[str, Usage]

    @property
    def total(self) -> Usage:
        return sum(self.containers.values(), Usage(0.0, 0))
