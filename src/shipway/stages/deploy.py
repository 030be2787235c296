"""Make one environment run a release: apply it with helm, and follow the rollout to its end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipway.charts import values
from shipway.commands import helm
from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.kube import ingress_address, nodes, releases, workload
from shipway.kube.ingress_address import NoIngress
from shipway.kube.nodes import OtherMachines
from shipway.kube.rollout import RolloutFailed
from shipway.model.environment import Rules
from shipway.model.platform import Platform
from shipway.model.revision import UNDERWAY, Revision
from shipway.model.rollout import Done, judge
from shipway.oci.bundles import Released
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages import changed_values, probing, repair
from shipway.stages.aftermath import Aftermath
from shipway.stages.applying import HelmRefused, apply
from shipway.stages.build import short
from shipway.stages.following import follow
from shipway.stages.gate import NotAdmitted, admit
from shipway.stages.probing import RequestsLost
from shipway.stages.turn import Turn, Turns
from shipway.targets.target import Place, Target

ADDRESS_SECONDS = 15.0  # that a finished deploy waits for its load balancer's name


@dataclass(frozen=True, slots=True)
class Deploy:
    """What is there already is left alone."""

    rules: Rules
    folder: Path  # of this run: the values that were used are kept there
    shell: Shell
    turns: Turns
    root: Path  # of the project, whose values files may have changed since the bundle was made
    force: str = ""  # why a person insists on a bundle that the environment would not take

    @property
    def name(self) -> str:
        return f"deploy {self.rules.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        target, released = so_far.of(Target), so_far.of(Released)
        changed_values.check(self.root, target.place(self.rules.environment), released, say)
        turn = await self.turns.take(target, self.rules.environment, say)
        async with turn.working():
            return await self._release(turn, released, so_far.of(Platform), say)

    async def _release(
        self, turn: Turn, released: Released, platform: Platform, say: Say
    ) -> Outcome:
        target, place, client = turn.target, turn.place, turn.client
        wanted = wanted_values(target, place, released)
        there = await releases.latest(client, place.release)
        if there and await self._serves(turn, there, wanted):
            await releases.mark_proven(client, place.release, there)
            return Outcome(
                f"already there: revision {there.number}, image {short(there.image_digest)}",
                unchanged=True,
            )
        await self._fits(turn, released, platform)
        after = Aftermath(self.rules, self.folder, self.shell)
        try:
            await admit(turn, released.bundle, self.rules, self.force, say)
        except NotAdmitted:
            await after.owed(turn, there, say)
            raise
        if there:
            await probing.begin(turn, self.rules)
        before = await workload.look(client, place.release.namespace, target.deployment)
        try:
            async with releases.marking_interrupted(client, place.release, there, turn.is_ours):
                await self._apply(turn, there, released, wanted, say)
                done = await follow(turn, self.rules, say, before)
            probing.check(turn, self.rules)
        except (HelmRefused, RolloutFailed, RequestsLost) as failure:
            raise await after.of(failure, turn, there, say) from failure
        return Outcome(f"{done}{await _reached(turn, say)}")

    async def _fits(self, turn: Turn, released: Released, platform: Platform) -> None:
        if not platform.architecture:
            return
        there = await nodes.architectures(turn.client)
        if there and platform.architecture not in there:
            name = turn.target.image_name(released.bundle.image.repository)
            image = f"{name}:{released.bundle.tag}"
            raise OtherMachines(image, platform.architecture, turn.target.name, there)

    async def _serves(self, turn: Turn, there: Revision, wanted: dict[str, Any]) -> bool:
        """The very same chart, image and values, untouched since, and all of its pods ready."""
        if there.status != "deployed" or there.values != wanted:
            return False
        found = await workload.look(
            turn.client, turn.place.release.namespace, turn.target.deployment
        )
        if found is None or not isinstance(judge(found.deployment, found.pods), Done):
            return False
        return not await repair.drifted(turn, there)

    async def _apply(
        self,
        turn: Turn,
        there: Revision | None,
        released: Released,
        wanted: dict[str, Any],
        say: Say,
    ) -> None:
        bundle, target, place = released.bundle, turn.target, turn.place
        file = self.folder / f"values-{place.environment}.yaml"
        file.write_text(values.dump(wanted), encoding="utf-8")
        say.progress("helm upgrade")

        async def upgrade(number: int) -> Command:
            return helm.upgrade(
                place.release,
                target.chart_url(bundle.chart.repository, bundle.chart.digest),
                file,
                target.cluster,
                description=f"{bundle.tag}, bundle {short(bundle.id)} by {turn.by.who}{UNDERWAY}",
                labels=releases.labels(number, turn.by.run, turn.fence),
                plain_http=target.registry.plain_http,
                timeout_seconds=self.rules.timeout_seconds,
                env=turn.tool_env,
            )

        seconds = self.rules.timeout_seconds
        with say.effect("helm upgrade"):
            try:
                await apply(turn, self.shell, there, upgrade, say, seconds=seconds)
            except CommandFailed as failure:
                raise HelmRefused(place.environment, f"apply {bundle.tag}", failure) from failure


async def _reached(turn: Turn, say: Say) -> str:
    """Where a load balancer of its own can be reached, or why not yet: it comes minutes after the first deploy."""
    target, release = turn.target, turn.place.release
    if target.ingress_port is not None:
        return ""
    try:
        address = await ingress_address.wait(
            turn.client,
            release.namespace,
            target.deployment,
            seconds=ADDRESS_SECONDS,
            progress=say.progress,
        )
    except NoIngress:
        return ""
    if address:
        return f", http://{address}"
    why = await ingress_address.why(turn.client, target.shown, release, target.deployment)
    return f"; {why}"


def wanted_values(target: Target, place: Place, released: Released) -> dict[str, Any]:
    """The environment's file, then what the target adds, then what the bundle pins."""
    bundle = released.bundle
    text = values.substitute(
        released.values[place.environment], target.variables, file=place.values_file
    )
    pinned = {
        "image": {
            "repository": target.image_name(bundle.image.repository),
            "tag": bundle.tag,
            "digest": bundle.image.digest,
        },
        "release": {"bundle": bundle.id, "chartDigest": bundle.chart.digest},
    }
    return values.overlay(values.load(text, file=place.values_file), place.overlay(), pinned)
