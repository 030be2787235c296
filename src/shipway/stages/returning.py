"""The way back: helm returns to a revision, and our own watch says whether it serves."""

from dataclasses import dataclass

from shipway.commands import helm
from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.model.environment import Rules
from shipway.model.revision import Revision, current, previous_good
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages.build import short
from shipway.stages.following import follow
from shipway.stages.turn import Turn


@dataclass(frozen=True, slots=True)
class Returning:
    rules: Rules
    shell: Shell

    async def to(self, turn: Turn, back: Revision, say: Say) -> str:
        """RolloutFailed where even that does not serve."""
        place, client = turn.place, turn.client
        now = await releases.latest(client, place.release)
        say.line(f"returning to revision {back.number}: {back.tag}, {short(back.image_digest)}")
        command = helm.rollback(
            place.release,
            back.number,
            turn.target.cluster,
            timeout_seconds=self.rules.timeout_seconds,
            env=turn.target.tool_env,
        )
        async with releases.marking_interrupted(client, place.release, now):
            with say.effect("helm rollback"):
                await self.shell.run(command, listen=say.line)
                made = await releases.latest(client, place.release)
                assert made is not None
                await releases.label(
                    client, place.release, made.number, run=turn.by.run, fence=str(turn.fence)
                )
            return await follow(turn, self.rules, say)

    async def by_itself(self, turn: Turn, say: Say) -> str:
        """After a failure: what became of it, in words. It raises nothing: the failure is the news."""
        try:
            history = await releases.history(turn.client, turn.place.release)
            now, back = current(history), previous_good(history)
            if now is None or back is None:
                return "there is no proven release to return to"
            done = await self.to(turn, back, say)
        except ShipwayError as error:
            return f"the way back failed, too: {error.problem}"
        return f"back to revision {back.number} ({back.tag}) as {done}"
