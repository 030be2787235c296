"""Processes of a turn that outlived it: what a killed run started goes on changing the release until somebody ends it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

MARK = "SHIPWAY_TURN"  # in their environment, and in that of all that they start
PAUSE = 0.02  # seconds between two looks at what is about to end


@dataclass(frozen=True, slots=True)
class Left:
    """One that still runs."""

    pid: int
    program: str
    process: psutil.Process  # knows when it was born: never another one of the same pid


def mark(place: str, fence: int) -> dict[str, str]:
    """For the environment of what may change a release only during this turn. `place` names it among all others."""
    return {MARK: f"{fence} {place}"}


async def find(place: str, fence: int) -> list[Left]:
    """Of turns before this one, as far as this machine shows them to us."""
    return await asyncio.to_thread(_find, place, fence)


async def end(left: Left) -> None:
    """At once: a helm that is asked to end writes to the release first. Returns when it is gone."""
    with suppress(psutil.NoSuchProcess):
        left.process.kill()
        while left.process.is_running() and left.process.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110  # it is not our child
            await asyncio.sleep(PAUSE)


def _find(place: str, fence: int) -> list[Left]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it ended, or is somebody else's
            if _is_left(process.environ(), place, fence):
                found.append(Left(process.pid, process.name(), process))
    return found


def _is_left(environ: Mapping[str, str], place: str, fence: int) -> bool:
    said, _, where = environ.get(MARK, "").partition(" ")
    return where == place and said.isdecimal() and int(said) < fence
