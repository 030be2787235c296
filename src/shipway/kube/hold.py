"""A release's lease in our hand: renewed by a task of its own, known to be lost, given back."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import httpx2
from lightkube import AsyncClient
from lightkube.resources.coordination_v1 import Lease

from shipway.commands.helm import Release
from shipway.errors import REFUSED, ShipwayError
from shipway.kube import lease as leases
from shipway.kube import releases
from shipway.kube.steadily import steadily
from shipway.model.lease import Holder, Seen

REQUEST = 3.0  # seconds for one renewal
EARLY = 0.95  # of the time that it may be silent: then a holder stops by itself
RELEASE = 1.5  # seconds: an interrupted run has less than 5 s for all that it leaves in order


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
        seen = await steadily(partial(leases.look, self._client, self._release))
        if not self._is_ours(seen):
            self._lose(self._loss(seen))
        newest = await past(self._client, self._release)
        if newest > self.fence:
            self._lose(LeaseLost(self._environment, "a later one has changed the release"))
        if self.over:
            raise await self._told()

    async def release(self) -> None:
        """Give it back, also while we are cancelled; within RELEASE seconds, or it expires by itself."""
        await to_the_end(self._give_back())

    @property
    def over(self) -> bool:
        """Lost, or not renewed in time."""
        return self._lost is not None or clock() >= self._until

    def _is_ours(self, seen: Seen) -> bool:
        return seen.is_of(self._us) and seen.fence == self.fence

    def _extend(self, sent: float) -> None:
        """We let go a little before others may take it. What they see is never older than our request."""
        self._until = sent + EARLY * self._seconds
        self._remind(self._until)

    def _lose(self, lost: LeaseLost) -> None:
        self._lost = self._lost or lost
        self._remind(clock())

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
        sent = clock()
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
        await free(self._client, self._release, self._us, self._lease)


async def free(
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


async def past(client: AsyncClient, release: Release) -> int:
    """The highest fence in helm's history: it outlives a lease that somebody deleted."""
    history = await steadily(partial(releases.history, client, release))
    return max((revision.fence for revision in history), default=0)


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
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


def clock() -> float:
    """That of the timeouts: it never jumps."""
    return asyncio.get_running_loop().time()
