"""What processes and the machine use: memory now, processor time over the last seconds."""

import os
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from drydock.usage import Usage

PERIOD = 1.0  # seconds between two looks
WINDOW = 10.0  # seconds that a rate is taken over at most
_SHORTEST = 0.9  # and at least
_BUSY = (
    "user",
    "nice",
    "system",
    "irq",
    "softirq",
    "steal",
)  # as far as the system tells them apart
MACHINE = 0
"""What the machine is noted by, as a leader never is."""


@dataclass(frozen=True, slots=True)
class Reading:
    memory: int  # bytes resident, over all members
    cpu_seconds: float  # since the members began


@dataclass(frozen=True, slots=True)
class Rate:
    at: datetime
    window: float  # seconds
    usage: Usage


def measure(leaders: Collection[int]) -> dict[int, Reading]:
    """By leader: of a process namespace, or of a session in ours. One without a living member is missing."""
    memory: dict[int, int] = {}
    seconds: dict[int, float] = {}
    spaces = {_space(leader): leader for leader in leaders}
    for shared in ("", _space(os.getpid())):
        spaces.pop(shared, None)
    for pid in psutil.pids():
        try:
            leader = spaces.get(_space(pid)) or os.getsid(pid)
            if leader not in leaders:
                continue
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                memory[leader] = memory.get(leader, 0) + process.memory_info().rss
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
        spent = times.user + times.system + times.children_user + times.children_system
        seconds[leader] = seconds.get(leader, 0.0) + spent
    return {leader: Reading(memory[leader], seconds[leader]) for leader in memory}


def _space(pid: int) -> str:
    """Its process namespace; nothing where there are none, or for a stranger's."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def measure_machine() -> Reading:
    """Memory that could not be had without swapping counts as used."""
    memory, times = psutil.virtual_memory(), psutil.cpu_times()
    return Reading(
        memory.total - memory.available, sum(getattr(times, name, 0.0) for name in _BUSY)
    )


class Meter:
    """Turns readings of processor time, noted one after the other, into cores in use."""

    def __init__(self) -> None:
        self._readings: dict[int, deque[tuple[datetime, Reading]]] = {}

    def note(self, readings: Mapping[int, Reading], now: datetime) -> None:
        """Who is not among the readings is forgotten."""
        self._readings = {leader: self._recent(leader, now) for leader in readings}
        for leader, reading in readings.items():
            self._readings[leader].append((now, reading))

    def rate(self, leader: int) -> Rate | None:
        """None until two readings are far enough apart."""
        readings = self._readings.get(leader)
        if not readings:
            return None
        (began, first), (at, last) = readings[0], readings[-1]
        window = (at - began).total_seconds()
        if window < _SHORTEST:
            return None
        cores = max(0.0, last.cpu_seconds - first.cpu_seconds) / window
        return Rate(at, window, Usage(cores, last.memory))

    def _recent(self, leader: int, now: datetime) -> deque[tuple[datetime, Reading]]:
        readings = self._readings.get(leader, deque())
        while readings and (now - readings[0][0]).total_seconds() > WINDOW:
            readings.popleft()
        return readings
