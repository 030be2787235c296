"""Ask the release from inside its cluster whether it serves: helm's test pod requests the health endpoints."""

from dataclasses import dataclass
from typing import ClassVar

from lightkube import AsyncClient

from shipway.commands import helm, kubectl
from shipway.errors import REFUSED, CommandFailed, ShipwayError
from shipway.kube import releases, workload
from shipway.kube.access import connect
from shipway.model.diagnosis import state
from shipway.model.revision import Revision, current, good, last_good
from shipway.model.rollout import Done, Pod, judge
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.targets.target import Place, Target


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
    environment: str
    timeout_seconds: int
    shell: Shell

    @property
    def name(self) -> str:
        return f"helm-test {self.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        target = so_far.of(Target)
        place = target.place(self.environment)
        async with connect(target.access) as client:
            history = await releases.history(client, place.release)
            latest = current(history)
            suspect = latest if latest and not good(latest) else None
            if suspect:
                found = await workload.look(client, place.release.namespace, target.deployment)
                if not found or not isinstance(judge(found.deployment, found.pods), Done):
                    old = found is not None and found.deployment.ready > found.ready
                    raise NotServing(self.environment, suspect, last_good(history) if old else None)
        command = helm.test(
            place.release,
            target.cluster,
            timeout_seconds=self.timeout_seconds,
            env=target.tool_env,
        )
        try:
            await self.shell.run(command, listen=say.line)
        except CommandFailed as failure:
            async with connect(target.access) as client:
                raise await self._failed(client, target, place, failure) from failure
        still = (
            f"; revision {suspect.number} stays marked: {suspect.description}" if suspect else ""
        )
        return Outcome(f"{place.release.name} answers from inside the cluster{still}")

    async def _failed(
        self, client: AsyncClient, target: Target, place: Place, failure: CommandFailed
    ) -> ShipwayError:
        tested = await releases.latest(client, place.release)
        if tested is None:
            return failure
        error = HelmTestFailed(
            environment=self.environment,
            namespace=place.release.namespace,
            pods=await workload.tests(client, place.release),
            output=failure.tail,
            look=str(kubectl.endpoints(target.shown, place.release)),
        )
        await releases.mark_failed(client, place.release, tested.number, error.problem)
        return error
