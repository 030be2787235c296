"""Ask the release from inside its cluster whether it serves: helm's test pod requests the health endpoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.commands import helm, kubectl
from shipway.errors import REFUSED, CommandFailed, ShipwayError
from shipway.kube import releases, workload
from shipway.model.diagnosis import state
from shipway.model.environment import Rules
from shipway.model.revision import Revision, current, good, last_good
from shipway.model.rollout import Done, Pod, judge
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages import probing
from shipway.stages.aftermath import Aftermath
from shipway.stages.probing import RequestsLost
from shipway.stages.prove import prove
from shipway.stages.turn import Turn, Turns
from shipway.targets.target import Target


@dataclass(eq=False)
class HelmTestFailed(ShipwayError):
    """The release runs, but does not answer as it should."""

    environment: str
    namespace: str
    pods: tuple[Pod, ...]  # the test's own, with their evidence
    output: tuple[str, ...]  # helm's last lines
    look: str

    @property
    def problem(self) -> str:
        said = next((pod.log[-1].strip() for pod in self.pods if pod.log), "")
        said = said or next((pod.events[-1] for pod in self.pods if pod.events), "")
        said = said or next(iter(self.output[-1:]), "it did not say why")
        return f"{self.environment}: the helm test failed: {said}"

    @property
    def details(self) -> tuple[str, ...]:
        if not self.pods:
            return self.output
        return tuple(
            line
            for pod in self.pods
            for line in (
                f"pod {pod.name} in namespace {self.namespace}: {state(pod)}",
                *(f"  {text}" for text in pod.log),
            )
        )

    @property
    def remedy(self) -> str:
        return f"shipway rollback {self.environment}, or look closer: {self.look}"


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
        suspect = latest if latest and not good(latest) else None
        if suspect:
            found = await workload.look(turn.client, release.namespace, turn.target.deployment)
            if not found or not isinstance(judge(found.deployment, found.pods), Done):
                old = found is not None and found.deployment.ready > found.ready
                serving = last_good(history) if old else None
                raise NotServing(self.rules.environment, suspect, serving)
        command = helm.test(
            release,
            turn.target.cluster,
            timeout_seconds=self.rules.timeout_seconds,
            env=turn.target.tool_env,
        )
        with say.effect("helm test"):
            try:
                await self.shell.run(command, listen=say.line)
            except CommandFailed as failure:
                raise await self._failed(turn, latest, failure, say) from failure
        said = f"{release.name} answers from inside the cluster"
        try:
            probing.check(turn, self.rules)
        except RequestsLost as lost:
            after = Aftermath(self.rules, self.folder, self.shell)
            raise await after.of(lost, turn, None, say) from lost
        if suspect:
            marked = f"revision {suspect.number} stays marked: {suspect.description}"
            return Outcome(f"{said}; {marked}")
        if latest and await prove(turn, latest, said, say):
            return Outcome(f"{said}; {latest.tag} is proven")
        return Outcome(said)

    async def _failed(
        self, turn: Turn, tested: Revision | None, failure: CommandFailed, say: Say
    ) -> ShipwayError:
        if tested is None:
            return failure
        error = HelmTestFailed(
            environment=self.rules.environment,
            namespace=turn.place.release.namespace,
            pods=await workload.tests(turn.client, turn.place.release),
            output=failure.tail,
            look=str(kubectl.endpoints(turn.target.shown, turn.place.release)),
        )
        after = Aftermath(self.rules, self.folder, self.shell)
        return await after.of(error, turn, None, say)
