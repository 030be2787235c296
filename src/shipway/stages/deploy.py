"""Make one environment run a release: apply it with helm, and follow the rollout to its end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightkube import AsyncClient

from shipway.charts import values
from shipway.commands import helm, kubectl
from shipway.kube import ingress_address, namespaces, nodes, releases, rollout, workload
from shipway.kube.access import connect
from shipway.kube.ingress_address import NoIngress
from shipway.kube.nodes import OtherMachines
from shipway.kube.rollout import RolloutFailed
from shipway.model.platform import Platform
from shipway.model.revision import FAILURE, UNDERWAY, Revision
from shipway.model.rollout import Done, judge
from shipway.oci.bundles import Released
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages.build import short
from shipway.targets.target import Place, Target

ADDRESS_SECONDS = 15.0  # that a finished deploy waits for its load balancer's name


@dataclass(frozen=True, slots=True)
class Deploy:
    """What is there already is left alone, unless `again` says otherwise."""

    environment: str
    timeout_seconds: int
    folder: Path  # of this run: the values that were used are kept there
    shell: Shell

    @property
    def name(self) -> str:
        return f"deploy {self.environment}"

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        target, released = so_far.of(Target), so_far.of(Released)
        place = target.place(self.environment)
        wanted = wanted_values(target, place, released)
        async with connect(target.access) as client:
            if not target.create_namespaces:
                await namespaces.labels(client, place.release.namespace, target.access.start)
            there = await releases.latest(client, place.release)
            if there and await self._serves(client, target, place, there, wanted):
                await releases.mark_proven(client, place.release, there)
                return Outcome(
                    f"already there: revision {there.number}, image {short(there.image_digest)}",
                    unchanged=True,
                )
            await self._fits(client, target, released, so_far.of(Platform))
            async with releases.marking_interrupted(client, place.release, there):
                await self._apply(target, place, released, wanted, say)
                done = await follow(client, target, place, self.timeout_seconds, say)
            return Outcome(f"{done}{await _reached(client, target, place, say)}")

    async def _fits(
        self, client: AsyncClient, target: Target, released: Released, platform: Platform
    ) -> None:
        if not platform.architecture:
            return
        there = await nodes.architectures(client)
        if there and platform.architecture not in there:
            image = f"{target.image_name(released.bundle.image.repository)}:{released.bundle.tag}"
            raise OtherMachines(image, platform.architecture, target.name, there)

    async def _serves(
        self,
        client: AsyncClient,
        target: Target,
        place: Place,
        there: Revision,
        wanted: dict[str, Any],
    ) -> bool:
        """The very same chart, image and values, and all of its pods ready."""
        if there.status != "deployed" or there.values != wanted:
            return False
        found = await workload.look(client, place.release.namespace, target.deployment)
        return found is not None and isinstance(judge(found.deployment, found.pods), Done)

    async def _apply(
        self,
        target: Target,
        place: Place,
        released: Released,
        wanted: dict[str, Any],
        say: Say,
    ) -> None:
        bundle = released.bundle
        file = self.folder / f"values-{self.environment}.yaml"
        file.write_text(values.dump(wanted), encoding="utf-8")
        say.progress("helm upgrade")
        await self.shell.run(
            helm.upgrade(
                place.release,
                target.chart_url(bundle.chart.repository, bundle.chart.digest),
                file,
                target.cluster,
                description=f"{bundle.tag}, bundle {short(bundle.id)}{UNDERWAY}",
                plain_http=target.registry.plain_http,
                create_namespace=target.create_namespaces,
                timeout_seconds=self.timeout_seconds,
                env=target.tool_env,
            ),
            listen=say.line,
        )


async def follow(
    client: AsyncClient, target: Target, place: Place, timeout_seconds: int, say: Say
) -> str:
    """To the end of the rollout. One that fails is marked so in helm's history, and never returned to."""
    try:
        found = await rollout.follow(
            client,
            place.environment,
            place.release.namespace,
            target.deployment,
            timeout_seconds=timeout_seconds,
            look=str(kubectl.describe_pods(target.shown, place.release)),
            progress=say.progress,
        )
    except RolloutFailed as failure:
        failed = await releases.latest(client, place.release)
        if failed:
            reason = f"rollout {FAILURE}{failure.cause.cause}"
            await releases.mark_failed(client, place.release, failed.number, reason)
        raise
    new = await releases.latest(client, place.release)
    assert new is not None
    await releases.mark_proven(client, place.release, new)
    deployment = found.deployment
    return f"revision {new.number}, {deployment.available} of {deployment.wanted} pods ready"


async def _reached(client: AsyncClient, target: Target, place: Place, say: Say) -> str:
    """Where a load balancer of its own can be reached, or why not yet: it comes minutes after the first deploy."""
    if target.ingress_port is not None:
        return ""
    namespace, name = place.release.namespace, target.deployment
    try:
        address = await ingress_address.wait(
            client, namespace, name, seconds=ADDRESS_SECONDS, progress=say.progress
        )
    except NoIngress:
        return ""
    if address:
        return f", http://{address}"
    return f"; {await ingress_address.why(client, target.shown, place.release, name)}"


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
    return values.overlay(values.load(text, file=place.values_file), place.overlay, pinned)
