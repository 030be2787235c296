"""What stands between a bundle and an environment: proof in the one before, quarantine, approval; and who insists."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.model.bundle import Bundle
from shipway.model.environment import Rules
from shipway.model.promotion import Obstacle, obstacles
from shipway.model.record import quarantines
from shipway.pipeline.stage import Say
from shipway.stages.build import short
from shipway.stages.turn import Turn


@dataclass(eq=False)
class NotAdmitted(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    environment: str
    tag: str
    bundle: str
    obstacles: tuple[Obstacle, ...]
    note: str = ""  # of records that count for nothing

    @property
    def problem(self) -> str:
        first = self.obstacles[0]
        return f"{self.environment} does not take {self.tag} ({short(self.bundle)}): it {first.why}"

    @property
    def details(self) -> tuple[str, ...]:
        more = tuple(f"and it {each.why}" for each in self.obstacles[1:])
        return (*more, self.note) if self.note else more

    @property
    def remedy(self) -> str:
        way = self.obstacles[0].remedy.replace("TAG", self.tag)
        return f"{way}; or insist: --force --reason TEXT"


async def admit(turn: Turn, bundle: Bundle, rules: Rules, force: str, say: Say) -> None:
    """NotAdmitted, unless a person insists: `force` is the reason, which is recorded before anything happens."""
    known = await turn.ledger.look(bundle.id)
    found = obstacles(rules, known.kept)
    if not found:
        return
    if not force:
        raise NotAdmitted(rules.environment, bundle.tag, bundle.id, tuple(found), known.note)
    say.note(f"forced ({force}): {bundle.tag} {', and '.join(each.why for each in found)}")
    lifts = tuple(each.digest for each in quarantines(known.kept, rules.environment))
    await turn.record(say, "forced", bundle.id, reason=force, lifts=lifts)
