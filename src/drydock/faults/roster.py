"""The faults that are in force: struck, counted out, timed out, cleared."""

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from drydock.faults.kinds import Entry, Kind, Order, is_state, words

K = TypeVar("K", bound=Kind)
REMEMBERED = 100  # faults that ended by themselves and are still listed


@dataclass(slots=True)
class Fault(Generic[K]):
    """One of them. The same seed and the same order of questions give the same strikes."""

    id: str
    kind: K
    rate: float
    seed: int
    count: int | None
    until: float | None  # by the roster's clock
    dice: random.Random = field(repr=False)
    struck: int = 0

    def strikes(self) -> bool:
        """Whether it happens this time; counts it if it does."""
        if self.count is not None and self.struck >= self.count:
            return False
        if self.rate < 1 and self.dice.random() >= self.rate:
            return False
        self.struck += 1
        return True

    def moment(self, period: float) -> float:
        """Seconds until the next one, a period from now on average."""
        return self.dice.uniform(0.5, 1.5) * period

    def ended(self, now: float) -> bool:
        counted_out = self.count is not None and self.struck >= self.count
        return counted_out or (self.until is not None and now >= self.until)


class Faults:
    """Of one running drydock; they end with it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: dict[str, Fault[Kind]] = {}
        self._ended: deque[Fault[Kind]] = deque(maxlen=REMEMBERED)
        self._number = 0
        self._changed = asyncio.Event()

    @property
    def none(self) -> bool:
        """The usual case, and it costs nothing."""
        return not self._faults

    def add(self, order: Order) -> Entry:
        self._number += 1
        seed = secrets.randbelow(2**32) if order.seed is None else order.seed
        fault = Fault(
            id=f"f{self._number}",
            kind=order.fault,
            rate=order.rate,
            seed=seed,
            count=order.count,
            until=None if order.seconds is None else self._clock() + order.seconds,
            dice=random.Random(seed),  # noqa: S311  # to be repeatable is its purpose
        )
        self._faults[fault.id] = fault
        self._tell()
        return self._entry(fault)

    def clear(self, identity: str | None = None) -> list[Entry]:
        """One, or all, with those that are over; what they were."""
        chosen = [entry for entry in self.entries() if identity in {None, entry.id}]
        gone = {entry.id for entry in chosen}
        self._faults = {id_: fault for id_, fault in self._faults.items() if id_ not in gone}
        self._ended = deque((f for f in self._ended if f.id not in gone), REMEMBERED)
        self._tell()
        return chosen

    def entries(self) -> list[Entry]:
        """Also of those that are over, which come first."""
        active = self._living()
        return [self._entry(fault) for fault in (*self._ended, *active)]

    def of(self, kind: type[K]) -> "list[Fault[K]]":
        """Those in force, in the order in which they were added."""
        return [fault for fault in self._living() if isinstance(fault.kind, kind)]  # type: ignore[misc]  # the test is the cast

    async def changed(self) -> None:
        """Returns when one is added or cleared; those that end by themselves tell nobody."""
        await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _living(self) -> "list[Fault[Kind]]":
        now = self._clock()
        for fault in [f for f in self._faults.values() if f.ended(now)]:
            self._ended.append(self._faults.pop(fault.id))
        return list(self._faults.values())

    def _entry(self, fault: Fault[Kind]) -> Entry:
        return Entry(
            fault.id,
            words(fault.kind),
            fault.id in self._faults,
            fault.seed,
            fault.rate,
            None if is_state(fault.kind) else fault.struck,
            None if fault.count is None else fault.count - fault.struck,
            None if fault.until is None else round(max(0.0, fault.until - self._clock()), 1),
        )
