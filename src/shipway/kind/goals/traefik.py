"""Traefik by its pinned chart: the default ingress class, on the node's ports 80 and 443."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.networking_v1 import IngressClass

from shipway.commands import helm, kubectl
from shipway.commands.helm import Release
from shipway.errors import CommandFailed, ShipwayError
from shipway.kind.goals.kubeconfig import Way
from shipway.kind.ground import Ground
from shipway.kind.layout import CHART, CHART_VERSION, FINGERPRINT, TRAEFIK, fingerprint
from shipway.kind.layout import traefik_values as wanted_values
from shipway.kube import rollout
from shipway.kube.access import connect
from shipway.kube.rollout import RolloutFailed
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets.kind import START

RELEASE = Release(TRAEFIK, TRAEFIK)
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
PENDING = "another operation"  # helm's words for a release that it believes to be worked on
SUMMARY = f"chart {CHART_VERSION}, the default ingress class {TRAEFIK}"


@dataclass(eq=False)
class ChartNotInstalled(ShipwayError):
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"Traefik's chart {CHART} {CHART_VERSION} could not be installed"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail

    @property
    def remedy(self) -> str:
        return f"{START}, once ghcr.io can be reached"


@dataclass(eq=False)
class TraefikNotReady(ShipwayError):
    failed: RolloutFailed

    @property
    def problem(self) -> str:
        return f"Traefik did not become ready: {self.failed.cause.cause}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.failed.details

    @property
    def remedy(self) -> str:
        return f"look closer: {self.failed.look}; then: {START}"


@dataclass(frozen=True, slots=True)
class Traefik:
    name: ClassVar[str] = "traefik"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        if so_far.get(Way) is not None:
            async with connect(self.ground.access) as client:
                if await _is_there(client):
                    return Reached(SUMMARY)
        return Missing(f"install {CHART} {CHART_VERSION}")

    async def reach(self, _so_far: Facts, say: Say) -> Outcome:
        values = self.ground.home / "traefik.yaml"
        text = json.dumps(wanted_values(), indent=2) + "\n"  # JSON is YAML
        await asyncio.to_thread(values.write_text, text, encoding="utf-8")
        try:
            await self._install(values, say)
        except CommandFailed as failure:
            raise ChartNotInstalled(failure.tail) from failure
        await self._wait(say)
        return Outcome(SUMMARY)

    async def _install(self, values: Path, say: Say) -> None:
        cluster, shell = self.ground.cluster, self.ground.shell
        command = helm.install_chart(
            RELEASE, CHART, CHART_VERSION, values, cluster, env=self.ground.tool_env
        )
        try:
            await shell.run(command, listen=say.line)
        except CommandFailed as failure:
            if not any(PENDING in line for line in failure.tail):
                raise
            # A helm that was cut off; nobody else works in a namespace that is ours alone.
            remove = helm.uninstall(RELEASE, cluster, timeout_seconds=60)
            await shell.run(remove, listen=say.line)
            await shell.run(command, listen=say.line)

    async def _wait(self, say: Say) -> None:
        try:
            async with connect(self.ground.access) as client:
                await rollout.follow(
                    client,
                    TRAEFIK,
                    RELEASE.namespace,
                    TRAEFIK,
                    timeout_seconds=round(self.ground.patience.limit),
                    look=str(kubectl.describe_pods(self.ground.cluster, RELEASE)),
                    progress=say.progress,
                )
        except RolloutFailed as failed:
            raise TraefikNotReady(failed) from failed


async def _is_there(client: AsyncClient) -> bool:
    try:
        ingress_class, deployment = await asyncio.gather(
            client.get(IngressClass, TRAEFIK),
            client.get(Deployment, TRAEFIK, namespace=RELEASE.namespace),
        )
    except ApiError as error:
        if error.status.code == 404:
            return False
        raise
    default = (ingress_class.metadata and ingress_class.metadata.annotations) or {}
    made = (deployment.metadata and deployment.metadata.annotations) or {}
    chart = ((deployment.metadata and deployment.metadata.labels) or {}).get("helm.sh/chart")
    ready = (deployment.status and deployment.status.readyReplicas) or 0
    return (
        default.get(DEFAULT) == "true"
        and made.get(FINGERPRINT) == fingerprint()
        and chart == f"{TRAEFIK}-{CHART_VERSION}"
        and ready > 0
    )
