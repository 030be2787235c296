"""What follows a release that failed: evidence first, then the marks, and only then the way back."""

from dataclasses import dataclass
from pathlib import Path

from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.kube.access import told
from shipway.kube.evidence.collection import collect
from shipway.model.environment import Rules
from shipway.model.revision import Revision, current, good
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages.marking import mark
from shipway.stages.returning import Returned, Returning
from shipway.stages.staying import label
from shipway.stages.turn import Turn


@dataclass(eq=False)
class ReleaseFailed(ShipwayError):
    """Why, as the failure itself tells it, what was done about it, and where to read on."""

    environment: str
    failure: ShipwayError
    evidence: str = ""  # the folder as it can be typed; empty: there is none
    returned: Returned | None = None  # None: it was left as it is
    stuck: bool = False  # there is nothing to go back to

    @property
    def problem(self) -> str:
        return self.failure.problem

    @property
    def details(self) -> tuple[str, ...]:
        done = (self.returned.words,) if self.returned else ()
        seen = (f"evidence: {self.evidence}",) if self.evidence else ()
        return (*done, *self.failure.details, *seen)

    @property
    def remedy(self) -> str | None:
        """What the failure says; a way back where there is one, and a closer look where there is none."""
        way = self.failure.remedy or ""
        if self.returned and self.returned.serves and self.evidence:
            return f"read {self.evidence}/cause.txt, and release the repaired one under another tag"
        if self.returned or self.stuck:
            return f"shipway diagnose {self.environment}"
        if not self.evidence or way.startswith("shipway rollback"):
            return self.failure.remedy
        back = f"shipway rollback {self.environment}"
        return f"{back}; or {way}" if way else back


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of a failure in one environment."""

    rules: Rules
    folder: Path  # of this run: the evidence is kept there
    shell: Shell

    async def of(
        self, failure: ShipwayError, turn: Turn, before: Revision | None, say: Say
    ) -> ReleaseFailed:
        """`before` is the revision that was there when we began, None for a first one. It raises nothing."""
        environment = self.rules.environment
        if self.rules.returns:  # which takes a while, and may be interrupted
            say.note(f"failed: {failure.problem}")
        try:
            with told(turn.target.access):
                history = await releases.history(turn.client, turn.place.release)
                failed = current(history)
                if failed is None or (before and failed.number == before.number):
                    return ReleaseFailed(environment, failure)  # helm made no revision
                evidence = await self._evidence(turn, say)
                await mark(turn, failed, failure, say)
        except ShipwayError as error:
            left = Returned(f"{environment} could not be brought in order: {error.problem}")
            return ReleaseFailed(environment, failure, returned=left)
        if self.rules.returns:
            returned = await Returning(self.rules, self.shell).by_itself(turn, say)
            return ReleaseFailed(environment, failure, evidence, returned)
        earlier = any(good(each) for each in history if each.number < failed.number)
        return ReleaseFailed(environment, failure, evidence, stuck=not earlier)

    async def owed(self, turn: Turn, there: Revision | None, say: Say) -> None:
        """A run that died on its way back leaves that to the next one, also where this one is refused."""
        if self.rules.returns and there and there.bundle and not good(there):
            say.note((await Returning(self.rules, self.shell).by_itself(turn, say)).words)

    async def sparing(
        self, failure: ShipwayError, turn: Turn, passed: Revision, say: Say
    ) -> ReleaseFailed:
        """A revision that has passed its test before is not to blame: something beside it has changed."""
        environment = self.rules.environment
        words = f"{label(passed)} passed this test before, and is left as it is"
        try:
            with told(turn.target.access):
                evidence = await self._evidence(turn, say)
        except ShipwayError:  # the failure is the news
            evidence = ""
        return ReleaseFailed(environment, failure, evidence, Returned(words))

    async def _evidence(self, turn: Turn, say: Say) -> str:
        say.progress("saving evidence")
        folder = self.folder / "evidence" / self.rules.environment
        found = await collect(turn.client, turn.place.release, turn.target.deployment, folder)
        return "" if "cause.txt" in found.missing else found.place
