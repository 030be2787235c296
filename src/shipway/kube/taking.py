"""How a run comes to hold a release's lease: at once, or after whoever has it."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from lightkube import AsyncClient

from shipway.commands.helm import Release
from shipway.errors import REFUSED, ShipwayError
from shipway.kube import lease as leases
from shipway.kube.hold import Hold, clock, free, past, to_the_end
from shipway.kube.steadily import steadily
from shipway.model.lease import Holder, Seen, Watched

LOOK = 1.0  # seconds, at most, between two looks of somebody who waits


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
) -> Hold:
    """Locked after `patience` seconds. `waiting` hears at every look for whom, and for how many seconds already."""
    begin = clock()
    watched = Watched(Seen(holder=None, fence=0, seconds=seconds), begin)
    former: Holder | None = None
    while True:
        there = await steadily(partial(leases.read, client, release))
        now, seen = clock(), leases.seen(there)
        watched = watched.then(seen, now)
        holder = seen.holder
        state = watched.judge(us, now, dead=holder is not None and dead(holder))
        if holder and state == "held":
            if now - begin >= patience:
                raise Locked(environment, holder, seen.taken, now - begin)
            waiting(holder, now - begin)
            # not in step with the others who wait
            pause = random.uniform(LOOK / 2, LOOK)  # noqa: S311  # no secret
            await asyncio.sleep(min(pause, max(begin + patience - now, 0.0)))
            continue
        if state != "ours":  # which it is if the answer to our request was lost
            former = holder or seen.left
        fence = seen.fence if state == "ours" else 1 + (seen.fence or await past(client, release))
        wanted = leases.taken(there, release, us, fence=fence, seconds=seconds)
        sent = clock()
        try:
            made = await steadily(partial(leases.write, client, wanted))
        except asyncio.CancelledError:  # the cluster may have it already
            await to_the_end(free(client, release, us))
            raise
        if made:
            return Hold(
                client, release, us, environment=environment, lease=made, sent=sent, former=former
            )
