"""Releases and ingresses deleted while the cluster still lives: its controller takes the load balancers away."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from shipway.commands import aws, helm, kubectl
from shipway.commands.helm import Release
from shipway.eks import kube, remains
from shipway.eks.account import Account
from shipway.eks.balancers import Balancers
from shipway.eks.cloud import Cloud
from shipway.eks.goals.doomed import Doomed
from shipway.eks.ground import Ground
from shipway.eks.kube import Context
from shipway.eks.waiting import NotYet, alongside, until
from shipway.kube.errors import ClusterUnreachable
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

TIMEOUT = 300  # seconds that helm waits for one release


@dataclass(frozen=True, slots=True)
class Released:
    name: ClassVar[str] = "releases"

    releases: Sequence[Release]
    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        if so_far.of(Doomed).cluster is None:
            return Reached("there is no cluster to hold any")
        names = ", ".join(f"{each.namespace}/{each.name}" for each in self.releases)
        return Missing(f"delete the releases {names} and every ingress beside them")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        """A cluster that does not answer is passed over where it has nothing in AWS that would stay."""
        name, region = so_far.of(Doomed).name, so_far.of(Account).region
        context = Context(self.ground.folder / "kubeconfig", name, region)
        await self.ground.shell.run(
            aws.update_kubeconfig(name, region, context.kubeconfig, alias=name), listen=say.line
        )
        try:
            await kube.inventory(context)
        except ClusterUnreachable as silent:
            if await remains.balancers(so_far.of(Cloud), name) != Balancers():
                raise
            return Outcome(f"passed over: {silent.problem}; it has no load balancers")
        for release in self.releases:
            command = helm.uninstall(release, context.cluster, timeout_seconds=TIMEOUT)
            running = self.ground.shell.run(command, listen=say.line)
            await alongside(running, partial(_uninstalling, release), self.ground.pace, say)
        await self._balanced(context, say)
        return Outcome(f"{len(self.releases)} releases and every ingress are deleted")

    async def _balanced(self, context: Context, say: Say) -> None:
        namespaces = [release.namespace for release in self.releases]
        await kube.delete_balanced(context, namespaces)

        async def look() -> tuple[()] | NotYet:
            left = await kube.balanced(context, namespaces)
            return NotYet(f"there: {', '.join(left)}") if left else ()

        more = str(kubectl.balancer_logs(context.cluster))
        await until(look, self.ground.pace, say, "the ingresses", more)


async def _uninstalling(release: Release) -> str:
    return f"helm waits until nothing of {release.namespace}/{release.name} is left"
