"""What follows a release that failed: evidence first, then the marks, and only then the way back."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.kube.rollout import RolloutFailed
from shipway.model.environment import Rules
from shipway.model.revision import FAILURE, Revision
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages.returning import Returning
from shipway.stages.turn import Turn


@dataclass(eq=False)
class ReleaseFailed(ShipwayError):
    """Why, as the failure itself tells it, and what was done about it."""

    failure: ShipwayError
    returned: str  # what became of the environment; empty: it was left as it is

    @property
    def problem(self) -> str:
        return self.failure.problem

    @property
    def details(self) -> tuple[str, ...]:
        return (*self.failure.details, *([self.returned] if self.returned else []))

    @property
    def remedy(self) -> str | None:
        return self.failure.remedy


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of a failure in one environment."""

    rules: Rules
    folder: Path  # of this run: the evidence is kept there
    shell: Shell

    async def of(
        self, failure: ShipwayError, turn: Turn, before: Revision | None, say: Say
    ) -> ReleaseFailed:
        """`before` is the revision that was there when we began, None for a first one."""
        failed = await releases.latest(turn.client, turn.place.release)
        if failed is None or (before and failed.number == before.number):
            return ReleaseFailed(failure, "")  # helm made no revision: nothing has changed
        await releases.mark_failed(
            turn.client, turn.place.release, failed.number, description(failure)
        )
        if failed.bundle:
            with suppress(ShipwayError):  # the failure itself is the news
                reason = failure.problem
                await turn.record(
                    say, "failed", failed.bundle, revision=failed.number, reason=reason
                )
        returned = ""
        if self.rules.returns:
            returned = await Returning(self.rules, self.shell).by_itself(turn, say)
        return ReleaseFailed(failure, returned)


def description(failure: ShipwayError) -> str:
    """For helm's history, where FAILURE marks what is never returned to."""
    if isinstance(failure, RolloutFailed):
        return f"rollout {FAILURE}{failure.cause.cause}"
    said = failure.problem
    return said if FAILURE in said else f"release {FAILURE}{said}"
