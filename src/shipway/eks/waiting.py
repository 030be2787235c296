"""Waiting for what others do: looks again and again, and says what it sees when that changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from shipway.aws.errors import PASSING
from shipway.errors import ShipwayError
from shipway.pipeline.stage import Say

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks, and until patience ends."""

    pause: float = 10.0
    limit: float = 1800.0


@dataclass(frozen=True, slots=True)
class NotYet:
    """What is seen so far, in words."""

    text: str


@dataclass(eq=False)
class TookTooLong(ShipwayError):
    what: str
    text: str
    seconds: float
    look: str  # a command that shows more

    @property
    def problem(self) -> str:
        return f"{self.what}: after {self.seconds:.0f} s still {self.text}"

    @property
    def remedy(self) -> str:
        return f"{self.look}; then the same command again: what is done stays done"


async def until(
    look: Callable[[], Awaitable[Found | NotYet]], pace: Pace, say: Say, what: str, more: str
) -> Found:
    """What `look` finds in the end. Raises TookTooLong, whose remedy begins with `more`."""
    start, said = time.monotonic(), ""
    while isinstance(found := await _seen(look), NotYet):
        if found.text != said:
            said = found.text
            say.line(f"waiting: {said}")
        passed = time.monotonic() - start
        say.progress(f"{said}, {passed:.0f} s")
        if passed > pace.limit:
            raise TookTooLong(what, said, pace.limit, more)
        await asyncio.sleep(pace.pause)
    return found


async def _seen(look: Callable[[], Awaitable[Found | NotYet]]) -> Found | NotYet:
    """An AWS that does not answer for a moment does not end a wait of many minutes."""
    try:
        return await look()
    except PASSING as passing:
        return NotYet(passing.problem)


async def alongside(
    work: Awaitable[Found], look: Callable[[], Awaitable[str]], pace: Pace, say: Say
) -> Found:
    """What `work` ends with; until then `look` tells how far it is."""
    start = time.monotonic()
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=pace.pause))[0]:
            say.progress(f"{await look()}, {time.monotonic() - start:.0f} s")
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    return task.result()
