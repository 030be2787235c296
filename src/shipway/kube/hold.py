"""A release's lease in our hand: waited for, renewed by a task of its own, known to be lost, given back."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

import httpx2
from lightkube import AsyncClient
from lightkube.resources.coordination_v1 import Lease

from shipway.commands.helm import Release
from shipway.errors import REFUSED, ShipwayError
from shipway.kube import lease as leases
from shipway.kube import releases
from shipway.model.lease import Holder, Seen, Watched

OUTAGE = 12.0  # seconds for which an API that is out of order is asked again
PAUSE = 0.5  # seconds until it is
LOOK = 1.0  # seconds, at most, between two looks of somebody who waits
REQUEST = 3.0  # seconds for one renewal
EARLY = 0.95  # of the time that it may be silent: then a holder stops by itself
RELEASE = 1.5  # seconds: an interrupted run has less than 5 s for all that it leaves in order

Answer = TypeVar("Answer")


@dataclass(eq=False)
class Locked(ShipwayError):
    """Somebody else has the turn, and did not give it back as long as we waited."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    holder: Holder
    since: str  # by the holder's clock
    waited: float  # seconds

    @property
    def problem(self) -> str:
        return f"in {self.environment} it is the turn of {self.holder}"

    @property
    def details(self) -> tuple[str, ...]:
        since = [f"since {self.since}"] if self.since else []
        waited = [f"we waited for {self.waited:.0f} s"] if self.waited >= 1 else []
        return (*since, *waited)

    @property
    def remedy(self) -> str:
        return (
            f"wait longer, with --lock-timeout 30m; or, if nobody is behind it any more: "
            f"shipway unlock {self.environment} --reason TEXT"
        )


@dataclass(eq=False)
class LeaseLost(ShipwayError):
    """Our turn ended before our work did: from then on it is somebody else who may change the release."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    why: str
    now: Holder | None = None  # who has it instead

    @property
    def problem(self) -> str:
        return f"our turn in {self.environment} is over: {self.why}"

    @property
    def details(self) -> tuple[str, ...]:
        return (f"it is the turn of {self.now}",) if self.now else ()

    @property
    def remedy(self) -> str:
        return f"shipway history {self.environment}, and then the same again"


async def take(
    client: AsyncClient,
    release: Release,
    us: Holder,
    *,
    environment: str,
    patience: float,
    dead: Callable[[Holder], bool],
    waiting: Callable[[Holder, float], None],
    seconds: int = leases.SECONDS,
) -> "Hold":
    """Locked after `patience` seconds. `waiting` hears at every look for whom, and for how many seconds already."""
    begin = _clock()
    watched = Watched(Seen(holder=None, fence=0, seconds=seconds), begin)
    former: Holder | None = None
    while True:
        there = await _steadily(partial(leases.read, client, release))
        asked, seen = _clock(), leases.seen(there)
        watched = watched.then(seen, asked)
        holder = seen.holder
        state = watched.judge(us, asked, dead=holder is not None and dead(holder))
        if holder and state == "held":
            if asked - begin >= patience:
                raise Locked(environment, holder, seen.taken, asked - begin)
            waiting(holder, asked - begin)
            # not in step with the others who wait
            pause = random.uniform(LOOK / 2, LOOK)  # noqa: S311  # no secret
            await asyncio.sleep(min(pause, max(begin + patience - asked, 0.0)))
            continue
        if state != "ours":  # which it is if the answer to our request was lost
            former = holder or seen.left
        fence = seen.fence if state == "ours" else 1 + (seen.fence or await _past(client, release))
        wanted = leases.taken(there, release, us, fence=fence, seconds=seconds)
        sent = _clock()
        try:
            made = await _steadily(partial(leases.write, client, wanted))
        except asyncio.CancelledError:  # the cluster may have it already
            await _to_the_end(_free(client, release, us))
            raise
        if made:
            return Hold(
                client, release, us, environment=environment, lease=made, sent=sent, former=former
            )


class Hold:
    """Begins to renew itself at once; `release` ends that."""

    def __init__(
        self,
        client: AsyncClient,
        release: Release,
        us: Holder,
        *,
        environment: str,
        lease: Lease,
        sent: float,  # when we asked for it, by our clock
        former: Holder | None = None,
    ) -> None:
        self._client = client
        self._release = release
        self._us = us
        self._environment = environment
        self._lease = lease
        self._seconds = leases.seen(lease).seconds
        self.fence = leases.seen(lease).fence
        self.former = former  # who had it and ended, or fell silent, without giving it back
        self._limits: set[asyncio.Timeout] = set()
        self._trouble = ""  # why the last renewal did not succeed
        self._lost: LeaseLost | None = None
        self._until = 0.0
        self._extend(sent)
        self._renewing = asyncio.create_task(self._renew())

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Cancels the body and raises LeaseLost as soon as the lease is no longer ours."""
        if self.over:
            raise await self._told()
        limit = asyncio.timeout_at(self._until)
        try:
            async with limit:
                self._limits.add(limit)
                yield
        except Exception as ended:  # our own timeout, or what the body made of being cancelled
            if limit.expired():
                raise await self._told() from ended
            raise
        finally:
            self._limits.discard(limit)

    async def still_ours(self) -> None:
        """Ask the cluster, right before it is changed: LeaseLost where somebody else may do that now.

        A process that was stopped for a while knows nothing of what went on.
        """
        if self.over:
            raise await self._told()
        seen = await _steadily(partial(leases.look, self._client, self._release))
        if not self._is_ours(seen):
            self._lose(self._loss(seen))
        newest = await _past(self._client, self._release)
        if newest > self.fence:
            self._lose(LeaseLost(self._environment, "a later one has changed the release"))
        if self.over:
            raise await self._told()

    async def release(self) -> None:
        """Give it back, also while we are cancelled; within RELEASE seconds, or it expires by itself."""
        await _to_the_end(self._give_back())

    @property
    def over(self) -> bool:
        """Lost, or not renewed in time."""
        return self._lost is not None or _clock() >= self._until

    def _is_ours(self, seen: Seen) -> bool:
        return seen.is_of(self._us) and seen.fence == self.fence

    def _extend(self, sent: float) -> None:
        """We let go a little before others may take it. What they see is never older than our request."""
        self._until = sent + EARLY * self._seconds
        self._remind(self._until)

    def _lose(self, lost: LeaseLost) -> None:
        self._lost = self._lost or lost
        self._remind(_clock())

    def _remind(self, when: float) -> None:
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(when)

    async def _renew(self) -> None:
        """A failed renewal is tried again soon, whatever the reason: the limits end what goes on for too long."""
        regular, soon = self._seconds / 6, self._seconds / 30
        pause = regular
        while self._lost is None:
            await asyncio.sleep(pause)
            pause = regular if await self._renewed() else soon

    async def _renewed(self) -> bool:
        sent = _clock()
        try:
            async with asyncio.timeout(REQUEST):
                made = await leases.write(self._client, leases.renewed(self._lease))
                there = made or await leases.read(self._client, self._release)
        except (httpx2.HTTPError, TimeoutError) as error:
            self._trouble = str(error) or type(error).__name__
            return False
        seen = leases.seen(there)
        if there is None or not self._is_ours(seen):
            self._lose(self._loss(seen))
            return True
        self._lease = there  # somebody may have put a note on it: then with that, once more
        if made:
            self._extend(sent)
        return made is not None

    def _loss(self, seen: Seen) -> LeaseLost:
        taken = seen.unlocked
        if taken and taken.identity == self._us.identity:
            why = f"{taken.who} took it away: {taken.reason}"
        elif seen.holder or seen.fence > self.fence:
            why = f"it was not renewed for {self._seconds:.0f} s, and another run took it"
        else:
            why = "somebody removed the lease"
        return LeaseLost(self._environment, why, seen.holder)

    async def _told(self) -> LeaseLost:
        """Who has it now is worth a moment."""
        if self._lost is None:
            why = f"it could not be renewed for {EARLY * self._seconds:.0f} s"
            self._lost = LeaseLost(self._environment, f"{why}: {self._trouble}".rstrip(": "))
            with suppress(httpx2.HTTPError, TimeoutError):
                async with asyncio.timeout(RELEASE):
                    seen = await leases.look(self._client, self._release)
                    if not self._is_ours(seen):
                        self._lost = self._loss(seen)
        return self._lost

    async def _give_back(self) -> None:
        self._renewing.cancel()
        await asyncio.wait([self._renewing])
        await _free(self._client, self._release, self._us, self._lease)


async def _free(
    client: AsyncClient, release: Release, us: Holder, there: Lease | None = None
) -> None:
    """Unless it is not ours; what does not answer in time is left to expire."""
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(RELEASE):
            there = there or await leases.read(client, release)
            while there and leases.seen(there).is_of(us):
                if await leases.write(client, leases.freed(there)):
                    return
                there = await leases.read(client, release)


async def _past(client: AsyncClient, release: Release) -> int:
    """The highest fence in helm's history: it outlives a lease that somebody deleted."""
    history = await _steadily(partial(releases.history, client, release))
    return max((revision.fence for revision in history), default=0)


async def _steadily(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Again and again while the API is out of order, for OUTAGE seconds."""
    end = _clock() + OUTAGE
    while True:
        try:
            return await ask()
        except httpx2.HTTPError as error:
            if not _passes(error) or _clock() >= end:
                raise
        await asyncio.sleep(PAUSE)


def _passes(error: httpx2.HTTPError) -> bool:
    if not isinstance(error, httpx2.HTTPStatusError):
        return True
    code = error.response.status_code
    return code in {408, 429} or code >= 500


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Whoever cancels us waits until it is done."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled:
        raise cancelled


def _clock() -> float:
    """That of the timeouts: it never jumps."""
    return asyncio.get_running_loop().time()
