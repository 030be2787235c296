"""From which environment a release comes to the next, and what speaks for it: before anybody's turn begins."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.model.environment import Rules
from shipway.model.promotion import obstacles
from shipway.model.record import latest
from shipway.oci.bundles import Released
from shipway.oci.records import Ledger
from shipway.oci.team_key import TeamKey
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.stages.gate import NotAdmitted
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Promotion:
    """The deploy asks again: what is known may change while it waits for its turn."""

    name: ClassVar[str] = "promote"

    rules: Rules
    repository: str
    key: TeamKey | None
    force: str  # why a person insists

    async def run(self, so_far: Facts, _say: Say) -> Outcome:
        bundle, place, before = (
            so_far.of(Released).bundle,
            self.rules.environment,
            self.rules.before,
        )
        if before is None:
            return Outcome(f"{place} is the first environment: it takes any release")
        async with so_far.of(Target).open_registry() as registry:
            known = await Ledger(registry, self.repository, self.key).look(bundle.id)
        found = obstacles(self.rules, known.kept)
        if found and not self.force:
            raise NotAdmitted(place, bundle.tag, bundle.id, tuple(found), known.note)
        proof = latest(known.kept, "proven", before)
        if proof is None:
            return Outcome(f"{bundle.tag} goes to {place}, not proven in {before}")
        return Outcome(
            f"{bundle.tag} goes from {before} to {place}: proven by {proof.who}, {proof.at}"
        )
