"""helm changes a release: again while the API is in a trouble that goes by itself, at once no where it refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from shipway.commands.command import Command
from shipway.errors import CommandFailed, ShipwayError
from shipway.kube import releases
from shipway.kube.steadily import steadily
from shipway.model.recovery import BEGUN, passes
from shipway.model.revision import FAILURE, Revision
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages.repair import reclaim
from shipway.stages.turn import Turn

PAUSE, LONGEST = 1.0, 8.0  # seconds between two attempts: twice as many each time


@dataclass(eq=False)
class HelmRefused(ShipwayError):
    """helm said no: what runs is what ran before, or a part of both."""

    environment: str
    what: str  # that it should do, after "helm could not"
    failure: CommandFailed

    @property
    def problem(self) -> str:
        said = [line for line in self.failure.tail if line.startswith("Error:")]
        last = (said or list(self.failure.tail[-1:]) or [self.failure.problem])[-1]
        why = last.removeprefix("Error: ")
        return f"{self.environment}: helm could not {self.what}: {why}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.failure.tail

    @property
    def remedy(self) -> str:
        return f"shipway diagnose {self.environment}"


async def apply(
    turn: Turn,
    shell: Shell,
    there: Revision | None,
    begin: Callable[[int], Awaitable[Command]],
    say: Say,
    *,
    seconds: float,
) -> None:
    """CommandFailed where it is refused, or where the trouble has not passed after `seconds`.

    `begin` makes the command for the number of the revision that helm will make of it.
    """
    clock = asyncio.get_running_loop().time
    end, pause = clock() + seconds, PAUSE
    number = there.number + 1 if there else 1
    if there:
        await reclaim(turn, there, say)
    while True:
        await turn.still_ours()
        try:
            await shell.run(await begin(number), listen=say.line)
        except CommandFailed as failure:
            if not passes(failure.tail) or clock() + pause > end:
                raise
            say.note(f"{_said(failure)}; again in {pause:.0f} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST)
            made = await _left(turn, number)
            if made and made.status == "deployed" and made.run == turn.by.run:
                return
            number = made.number + 1 if made else number
        else:
            return


async def _left(turn: Turn, number: int) -> Revision | None:
    """What the failed attempt has made of it: fit for another one."""
    client, release = turn.client, turn.place.release
    made = await steadily(partial(releases.latest, client, release))
    if made is None or made.number < number:
        return None
    if made.status in BEGUN:
        reason = f"{FAILURE}helm was cut off while it applied this"
        await steadily(partial(releases.mark_failed, client, release, made.number, reason))
    return made


def _said(failure: CommandFailed) -> str:
    lines = [line for line in failure.tail if line.startswith("Error:")]
    return f"helm: {lines[-1].removeprefix('Error: ')}" if lines else failure.problem
