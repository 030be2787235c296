"""Return one environment to a release that is proven there; the others are not touched."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.kube.rollout import RolloutFailed
from shipway.model import rollback
from shipway.model.bundle import Digest, first_digits
from shipway.model.environment import Rules
from shipway.model.promotion import obstacles
from shipway.model.record import quarantines
from shipway.model.revision import Revision, current, good, same_release
from shipway.oci.bundles import Released
from shipway.pipeline.stage import Facts, Outcome, Say, Stage
from shipway.shell.shell import Shell
from shipway.stages.aftermath import Aftermath
from shipway.stages.applying import HelmRefused
from shipway.stages.marking import try_record
from shipway.stages.preflight import Preflight
from shipway.stages.repair import drifted
from shipway.stages.returning import Returning, sentence
from shipway.stages.staying import (
    LAST_FEW,
    MustStay,
    NoRevision,
    NothingToReturnTo,
    Silent,
    Unchecked,
    label,
)
from shipway.stages.turn import Turn, Turns
from shipway.targets.target import Target

ANSWER_SECONDS = 5.0  # that a registry has, where a person insists


@dataclass(frozen=True, slots=True)
class Rollback:
    rules: Rules
    to: str | None  # a revision's number, a tag or a bundle's id; None: the last one that is proven
    why: str  # a person's words; empty: none were said
    force: bool
    folder: Path  # of this run
    shell: Shell
    turns: Turns
    resolve: Stage  # with `deploy` for what helm's history has forgotten
    deploy: Stage

    @property
    def name(self) -> str:
        return f"rollback {self.rules.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        turn = await self.turns.take(so_far.of(Target), self.rules.environment, say)
        async with turn.working():
            history = await releases.history(turn.client, turn.place.release)
            now, named = current(history), self._named(history)
            if now is None:
                raise NothingToReturnTo(self.rules.environment, ())
            there = named is not None and good(now) and same_release(now, named)
            if there and not await drifted(turn, now):
                return Outcome(f"{label(now)} is that release already", unchanged=True)
            preflight = Preflight(turn.ledger, self.rules.environment)
            way = _Way(self, turn, history, now, preflight, say)
            if named is None and self.to is not None:
                return await way.deploy(so_far)
            return await way.go(named)

    def _named(self, history: Sequence[Revision]) -> Revision | None:
        if self.to is None:
            return None
        if not self.to.isdigit() or first_digits(self.to):
            return rollback.named(history, self.to)
        number = int(self.to)
        found = next((each for each in history if each.number == number), None)
        if found is None:
            there = tuple(each.number for each in history)
            raise NoRevision(self.rules.environment, number, there)
        return found


@dataclass(frozen=True, slots=True)
class _Way:
    """One way back, in our turn."""

    asked: Rollback
    turn: Turn
    history: Sequence[Revision]
    now: Revision
    preflight: Preflight
    say: Say

    @property
    def environment(self) -> str:
        return self.asked.rules.environment

    async def go(self, named: Revision | None) -> Outcome:
        try:
            async with asyncio.timeout(ANSWER_SECONDS if self.asked.force else None):
                back = named or await self.preflight.choose(self.history)
                against = await self._against(back) if back else []
                if back is None:
                    await self.preflight.learn(each.bundle for each in self.history[-LAST_FEW:])
        except TimeoutError:
            return await self._blindly(named, Silent(ANSWER_SECONDS))
        except ShipwayError as failure:
            return await self._blindly(named, failure)
        if back is None:
            raise self._nothing()
        await self._permit(label(back), back.bundle, against)
        await self._condemn(back.bundle)
        return await self._return(back)

    async def deploy(self, so_far: Facts) -> Outcome:
        """What helm has forgotten comes from the registry."""
        found = await self.asked.resolve.run(so_far, self.say)
        facts = so_far.and_(found.facts)
        bundle = facts.of(Released).bundle
        await self.preflight.learn([self.now.bundle, bundle.id])
        kept = self.preflight.known[bundle.id]
        number = rollback.forgotten(self.history, kept, self.environment)
        against = [
            *rollback.unproven(kept, self.environment),
            *await self.preflight.risks(self.history, number, bundle.id),
        ]
        # what the deploy itself would refuse is recorded by it
        told = bool(obstacles(self.asked.rules, kept))
        await self._permit(bundle.tag, bundle.id, against, recorded=told)
        await self._condemn(bundle.id)
        done = await self.asked.deploy.run(facts, self.say)
        return done if done.unchanged else replace(done, summary=f"{bundle.tag} as {done.summary}")

    async def _against(self, back: Revision) -> list[str]:
        await self.preflight.learn([self.now.bundle, back.bundle])
        kept = self.preflight.known.get(back.bundle, ())
        return [
            *rollback.distrust(back, kept, self.environment),
            *await self.preflight.risks(self.history, back.number, back.bundle),
        ]

    async def _permit(
        self, back: str, bundle: Digest, against: Sequence[str], *, recorded: bool = False
    ) -> None:
        """MustStay, unless a person insists."""
        if not against:
            return
        if not self.asked.force:
            notes = tuple(self.preflight.notes)
            raise MustStay(self.environment, back, tuple(against), notes)
        self.say.note(f"forced ({self.asked.why}): {back}: {', and '.join(against)}")
        if bundle and not recorded:
            held = quarantines(self.preflight.known[bundle], self.environment)
            lifts = tuple(each.digest for each in held)
            await self.turn.record(self.say, "forced", bundle, reason=self.asked.why, lifts=lifts)

    async def _condemn(self, bundle: Digest) -> None:
        """Before anything is changed: whoever is killed from here on leaves it in quarantine."""
        now, known = self.now, self.preflight.known
        if rollback.condemned(now, bundle, known, self.environment):
            reason = sentence(self.turn, now, known, self.asked.why)
            await self.turn.record(
                self.say, "quarantined", now.bundle, revision=now.number, reason=reason
            )
            self.say.note(f"{now.tag} is quarantined in {self.environment}: {reason}")

    async def _return(self, back: Revision) -> Outcome:
        asked = self.asked
        try:
            done = await Returning(asked.rules, asked.shell).to(self.turn, self.now, back, self.say)
        except (HelmRefused, RolloutFailed) as failure:
            after = Aftermath(asked.rules, asked.folder, asked.shell)
            raise await after.of(failure, self.turn, self.now, self.say) from failure
        return Outcome(f"back to {label(back)} as {done}")

    async def _blindly(self, named: Revision | None, failure: ShipwayError) -> Outcome:
        """In an emergency helm needs no registry, as long as the nodes have the image."""
        asked, now = self.asked, self.now
        if not asked.force:
            raise Unchecked(self.environment, failure) from failure
        self.say.note(f"forced ({asked.why}): unchecked, because {failure.problem}")
        back = named or next(iter(rollback.possible(self.history, {}, self.environment)), None)
        if back is None:
            raise self._nothing()
        done = await self._return(back)
        turn, say, why = self.turn, self.say, asked.why
        records = []
        if back.bundle:
            records.append(try_record(turn, say, "forced", back.bundle, reason=why))
        if rollback.condemned(now, back.bundle, {}, self.environment):
            number = now.number
            records.append(
                try_record(turn, say, "quarantined", now.bundle, revision=number, reason=why)
            )
        await asyncio.gather(*records)
        return done

    def _nothing(self) -> NothingToReturnTo:
        why = rollback.why_not(self.history, self.preflight.known, self.environment)
        return NothingToReturnTo(self.environment, tuple(why), tuple(self.preflight.notes))
