"""The questions of whoever watches, to an API that may be in trouble: asked again, and people are told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx2

from shipway.kube.steadily import passes

Answer = TypeVar("Answer")

LIMIT = 20.0  # seconds: an API server that is restarted, or a new leader of its store, takes less
PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds before a question is asked again: twice as many each time


@dataclass(eq=False)
class OutOfTouch(Exception):
    trouble: str
    seconds: float  # since the last good answer


@dataclass(slots=True)
class Contact:
    """With one API. `say` hears of each question that has to be asked again."""

    say: Callable[[str], None]
    limit: float = LIMIT
    lost: OutOfTouch | None = None  # as long as the last question has no answer

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Raises OutOfTouch after the limit, and at once what is an answer: 401, 403, 404 and their like."""
        since, pause = time.monotonic(), PAUSE
        while True:
            try:
                answer = await question()
            except httpx2.HTTPError as error:
                if not passes(error):
                    raise
                self.lost = OutOfTouch(_words(error), time.monotonic() - since)
                if self.lost.seconds >= self.limit:
                    raise self.lost from error
            else:
                self.lost = None
                return answer
            self.say(f"{self.lost.trouble}; still watching")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _words(error: httpx2.HTTPError) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return f"the cluster's API answers {error.response.status_code}"
    return f"the cluster's API does not answer ({str(error) or type(error).__name__})"
