"""Trying again what may pass: how often, and how long to wait between."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from shipway.oci.errors import RegistryRefused, RegistryUnreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits double from `first` up to `longest`; a Retry-After is honoured up to `longest` as well. In seconds."""

    attempts: int = 6
    first: float = 0.2
    longest: float = 10.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """After the failure of `attempt`, counted from 1."""
        return min(max(self.first * 2.0 ** (attempt - 1), asked or 0.0), self.longest)

    async def retry(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's result, or its last error. Only connection errors, 408, 429 and 5xx are tried again."""
        for attempt in range(1, self.attempts):
            try:
                return await call()
            except RegistryUnreachable:
                await asyncio.sleep(self.wait(attempt, None))
            except RegistryRefused as refusal:
                if not refusal.is_passing:
                    raise
                await asyncio.sleep(self.wait(attempt, refusal.retry_after))
        return await call()
