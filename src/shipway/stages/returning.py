"""The way back: helm returns to a revision, and our own watch says whether it serves."""

from dataclasses import dataclass

from shipway.commands import helm
from shipway.commands.command import Command
from shipway.errors import CommandFailed, ShipwayError
from shipway.kube import releases, workload
from shipway.kube.access import told
from shipway.kube.rollout import RolloutFailed
from shipway.model import rollback
from shipway.model.environment import Rules
from shipway.model.revision import Revision, current
from shipway.model.rollback import Known
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages import probing
from shipway.stages.applying import HelmRefused, apply
from shipway.stages.asking import HelmTestFailed, ask
from shipway.stages.build import short
from shipway.stages.following import follow
from shipway.stages.marking import mark, try_record
from shipway.stages.preflight import Preflight
from shipway.stages.prove import try_prove
from shipway.stages.staying import label
from shipway.stages.turn import Turn


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of an environment whose release failed."""

    words: str
    serves: bool = False


@dataclass(frozen=True, slots=True)
class Returning:
    rules: Rules
    shell: Shell

    async def to(self, turn: Turn, now: Revision, back: Revision, say: Say) -> str:
        """HelmRefused, or RolloutFailed where even that does not serve: somebody else has to mark it."""
        place, client = turn.place, turn.client
        say.line(f"returning to {label(back)}, {short(back.image_digest)}")
        # what the way back costs is not what the release before it did
        if turn.probe:
            await turn.probe.stop()
            turn.probe = None
        await probing.begin(turn, self.rules)

        async def go_back(number: int) -> Command:
            run = turn.by.run
            await releases.announce_return(
                client, place.release, back.number, number=number, run=run
            )
            return helm.rollback(
                place.release,
                back.number,
                turn.target.cluster,
                timeout_seconds=self.rules.timeout_seconds,
                env=turn.tool_env,
            )

        seconds = self.rules.timeout_seconds
        before = await workload.look(client, place.release.namespace, turn.target.deployment)
        async with releases.marking_interrupted(client, place.release, now, turn.is_ours):
            with say.effect("helm rollback"):
                try:
                    await apply(turn, self.shell, now, go_back, say, seconds=seconds)
                except CommandFailed as failure:
                    why = f"return to {label(back)}"
                    raise HelmRefused(place.environment, why, failure) from failure
                made = await releases.latest(client, place.release)
                assert made is not None
                await releases.claim_return(
                    client, place.release, made, run=turn.by.run, fence=turn.fence
                )
            return await follow(turn, self.rules, say, before)

    async def by_itself(self, turn: Turn, say: Say) -> Returned:
        """After a failure. It raises nothing: the failure is the news."""
        environment = turn.place.environment
        try:
            with told(turn.target.access):
                return await self._by_itself(turn, say)
        except ShipwayError as error:
            return Returned(f"{environment} stays as it is: {error.problem}")

    async def _by_itself(self, turn: Turn, say: Say) -> Returned:
        environment = turn.place.environment
        history = await releases.history(turn.client, turn.place.release)
        now, preflight = current(history), Preflight(turn.ledger, environment)
        back = await preflight.choose(history)
        if now is None or back is None:
            none = "no earlier revision is proven there"
            if len(history) == 1:
                none = "nothing ran there before"
            why = "; ".join([none, *preflight.notes])
            return Returned(f"{environment} stays as it is: {why}")
        await preflight.learn([now.bundle])
        risks = await preflight.risks(history, back.number, back.bundle)
        if risks:
            return Returned(
                f"{environment} stays as it is, and does not go back to {label(back)}: "
                f"{', and '.join(risks)}"
            )
        say.note(f"{environment} goes back to {label(back)}")
        reason = sentence(turn, now, preflight.known)
        if rollback.condemned(now, back.bundle, preflight.known, environment):
            await try_record(
                turn, say, "quarantined", now.bundle, revision=now.number, reason=reason
            )
        return await self._and_see(turn, now, back, say)

    async def _and_see(self, turn: Turn, now: Revision, back: Revision, say: Say) -> Returned:
        environment = turn.place.environment
        try:
            await self.to(turn, now, back, say)
            test = await ask(turn, self.rules, self.shell, say)
        except (HelmRefused, RolloutFailed, HelmTestFailed) as failure:
            made = await releases.latest(turn.client, turn.place.release)
            if made and made.number > now.number:
                await mark(turn, made, failure, say)
            return Returned(f"the way back to {label(back)} failed, too: {failure.problem}")
        made = await releases.latest(turn.client, turn.place.release)
        assert made is not None
        await try_prove(turn, made, test, say)
        return Returned(f"{environment} is back on {label(made)}, which serves", serves=True)


def sentence(turn: Turn, now: Revision, known: Known, why: str = "") -> str:
    """Why what is left is quarantined."""
    kept = known.get(now.bundle, ())
    found = why or rollback.cause(now, kept, turn.place.environment)
    return found or "rolled back"
