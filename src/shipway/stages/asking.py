"""Helm's test, run: its pod asks the release from inside the cluster whether it serves."""

from dataclasses import dataclass

from shipway.commands import helm, kubectl
from shipway.errors import CommandFailed, ShipwayError
from shipway.kube import rollout, workload
from shipway.kube.workload import Workload
from shipway.model.diagnosis import state
from shipway.model.environment import Rules
from shipway.model.rollout import Pod
from shipway.pipeline.stage import Say
from shipway.shell.shell import Shell
from shipway.stages.turn import Turn


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


async def ask(turn: Turn, rules: Rules, shell: Shell, say: Say) -> str:
    """What the test showed. HelmTestFailed where the answer is wrong, or there is none; DidNotLast where a pod ended."""
    target, release = turn.target, turn.place.release
    before = await workload.look(turn.client, release.namespace, target.deployment)
    command = helm.test(
        release, target.cluster, timeout_seconds=rules.timeout_seconds, env=turn.tool_env
    )
    with say.effect("helm test"):
        try:
            await shell.run(command, listen=say.line)
        except CommandFailed as failure:
            await _lasts(turn, before)
            raise HelmTestFailed(
                environment=rules.environment,
                namespace=release.namespace,
                pods=await workload.tests(turn.client, release),
                output=failure.tail,
                look=str(kubectl.endpoints(target.shown, release)),
            ) from failure
    await _lasts(turn, before)
    return f"{release.name} answers from inside the cluster"


async def _lasts(turn: Turn, before: Workload | None) -> None:
    """A pod may end right after it was ready: what the test saw is no proof then, and no cause."""
    if before:
        place, shown = turn.place, turn.target.shown
        look = str(kubectl.describe_pods(shown, place.release))
        namespace = place.release.namespace
        await rollout.lasts(turn.client, place.environment, namespace, before, look=look)
