"""Return one environment to a revision that served before; the others are not touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.kube import releases
from shipway.model.environment import Rules
from shipway.model.revision import Revision, current, previous_good, same_release
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages.returning import Returning
from shipway.stages.turn import Turns
from shipway.targets.target import Target


@dataclass(eq=False)
class NothingToReturnTo(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    environment: str
    asked: int | None
    there: tuple[int, ...]

    @property
    def problem(self) -> str:
        if self.asked is None:
            return (
                f"{self.environment} has no earlier revision that served and differs from this one"
            )
        known = ", ".join(map(str, self.there)) or "none"
        return f"{self.environment} has no revision {self.asked}; it has {known}"

    @property
    def remedy(self) -> str:
        return f"shipway history {self.environment}"


@dataclass(frozen=True, slots=True)
class Rollback:
    rules: Rules
    revision: int | None  # None: the last one that served and differs
    shell: Shell
    turns: Turns

    @property
    def name(self) -> str:
        return f"rollback {self.rules.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        turn = await self.turns.take(so_far.of(Target), self.rules.environment, say)
        async with turn.working():
            history = await releases.history(turn.client, turn.place.release)
            now, back = current(history), self._choose(history)
            if now and now.status == "deployed" and not now.unproven and same_release(now, back):
                return Outcome(f"revision {now.number} is that release already", unchanged=True)
            done = await Returning(self.rules, self.shell).to(turn, back, say)
        return Outcome(f"back to revision {back.number} ({back.tag}) as {done}")

    def _choose(self, history: Sequence[Revision]) -> Revision:
        if self.revision is None:
            found = previous_good(history)
        else:
            found = next((each for each in history if each.number == self.revision), None)
        if found is None:
            numbers = tuple(each.number for each in history)
            raise NothingToReturnTo(self.rules.environment, self.revision, numbers)
        return found
