"""Ask the release from inside its cluster whether it serves: helm's test pod requests the health endpoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.kube import releases, workload
from shipway.kube.rollout import RolloutFailed
from shipway.model.environment import Rules
from shipway.model.probe import Probed
from shipway.model.revision import Revision, current, good, last_good
from shipway.model.rollout import Done, judge
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages import probing
from shipway.stages.aftermath import Aftermath
from shipway.stages.asking import HelmTestFailed, ask
from shipway.stages.probing import RequestsLost
from shipway.stages.prove import prove, proved, try_prove
from shipway.stages.turn import Turn, Turns
from shipway.targets.target import Target


@dataclass(eq=False)
class NotDeployed(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    environment: str

    @property
    def problem(self) -> str:
        return f"{self.environment} has no release that could be tested"

    @property
    def remedy(self) -> str:
        return f"shipway deploy --env {self.environment}"


@dataclass(eq=False)
class NotServing(ShipwayError):
    """The latest revision's pods do not serve: a test would ask those of another one, and say that all is well."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    revision: Revision
    serving: Revision | None  # None: nothing does

    @property
    def problem(self) -> str:
        named = f"revision {self.revision.number} ({self.revision.tag})"
        who = self.serving
        instead = f"revision {who.number} ({who.tag}) does" if who else "nothing does"
        return f"{self.environment}: {named} does not serve, {instead}; there is nothing to test"

    @property
    def details(self) -> tuple[str, ...]:
        return (self.revision.description,)

    @property
    def remedy(self) -> str:
        return f"shipway rollback {self.environment}"


@dataclass(frozen=True, slots=True)
class HelmTest:
    rules: Rules
    folder: Path  # of this run: evidence of a failure is kept there
    shell: Shell
    turns: Turns
    forced: bool = False  # a person goes on, whether the registry answers or not

    @property
    def name(self) -> str:
        return f"helm-test {self.rules.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        """The turn ends with it."""
        turn = await self.turns.take(so_far.of(Target), self.rules.environment, say)
        async with turn.working():
            outcome = await self._test(turn, say)
        await self.turns.end(self.rules.environment)
        return outcome

    async def _test(self, turn: Turn, say: Say) -> Outcome:
        release = turn.place.release
        history = await releases.history(turn.client, release)
        latest = current(history)
        if latest is None:
            raise NotDeployed(self.rules.environment)
        suspect = None if good(latest) else latest
        if suspect:
            found = await workload.look(turn.client, release.namespace, turn.target.deployment)
            if not found or not isinstance(judge(found.deployment, found.pods), Done):
                old = found is not None and found.deployment.ready > found.ready
                serving = last_good(history) if old else None
                raise NotServing(self.rules.environment, suspect, serving)
        try:
            said = await ask(turn, self.rules, self.shell, say)
            probing.check(turn, self.rules)
        except (HelmTestFailed, RolloutFailed, RequestsLost) as failure:
            after = Aftermath(self.rules, self.folder, self.shell)
            if await self._passed_before(turn, latest):
                raise await after.sparing(failure, turn, latest, say) from failure
            raise await after.of(failure, turn, None, say) from failure
        if suspect:
            marked = f"revision {suspect.number} stays marked: {suspect.description}"
            return Outcome(f"{said}; {marked}")
        record = try_prove if self.forced else prove
        if await record(turn, latest, said, say):
            return Outcome(f"{said}{_cost(turn)}; {latest.tag} is proven")
        return Outcome(said)

    async def _passed_before(self, turn: Turn, latest: Revision) -> bool:
        """False where nobody can tell."""
        try:
            return await proved(turn, latest)
        except ShipwayError:
            return False


def _cost(turn: Turn) -> str:
    """Of the change, for those who asked the service meanwhile; nothing on a first release."""
    found = turn.probe.result() if turn.probe else None
    return f", {found}" if isinstance(found, Probed) else ""
