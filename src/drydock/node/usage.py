"""What process groups use: memory now, processor time over the last seconds."""

import os
import time
from collections.abc import Collection
from dataclasses import dataclass

import psutil

_SHORTEST = 1.0  # seconds that a rate is taken over at least


@dataclass(frozen=True, slots=True)
class Usage:
    memory: int  # bytes resident, over the group
    cpu_seconds: float  # since the group's members began


def measure(groups: Collection[int]) -> dict[int, Usage]:
    """By group number; a group without a living member is missing."""
    memory: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for pid in psutil.pids():
        try:
            group = os.getpgid(pid)
            if group not in groups:
                continue
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                memory[group] = memory.get(group, 0) + process.memory_info().rss
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
        spent = times.user + times.system + times.children_user + times.children_system
        seconds[group] = seconds.get(group, 0.0) + spent
    return {group: Usage(memory[group], seconds[group]) for group in memory}


class CpuMeter:
    """Turns processor time into cores in use, between one reading and the next."""

    def __init__(self) -> None:
        self._readings: dict[str, tuple[float, float]] = {}
        self._rates: dict[str, float] = {}

    def cores(self, key: str, groups: Collection[int]) -> float | None:
        """None until two readings are far enough apart."""
        now = time.monotonic()
        before = self._readings.get(key)
        if before and now - before[0] < _SHORTEST:
            return self._rates.get(key)
        spent = sum(usage.cpu_seconds for usage in measure(groups).values())
        self._readings[key] = (now, spent)
        if before:
            self._rates[key] = max(0.0, spent - before[1]) / (now - before[0])
        return self._rates.get(key)

    def forget(self, key: str) -> None:
        self._readings.pop(key, None)
        self._rates.pop(key, None)
