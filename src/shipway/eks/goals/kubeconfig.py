"""A context of the cluster's name in the person's kubeconfig."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import aws
from shipway.eks.account import Account
from shipway.eks.cluster import Cluster
from shipway.eks.ground import Ground
from shipway.eks.kube import Context, server_of
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """Its fact: Context."""

    name: ClassVar[str] = "kubeconfig"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        cluster = so_far.get(Cluster)
        if cluster is None:
            return Missing(f"write the cluster's context to {self.ground.kubeconfig}")
        context = self._context(so_far)
        if server_of(context.kubeconfig, context.name) == cluster.endpoint:
            return Reached(f"context {context.name} in {context.kubeconfig}", (context,))
        return Missing(f"write the context {context.name} to {context.kubeconfig}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        context = self._context(so_far)
        command = aws.update_kubeconfig(
            context.name, context.region, context.kubeconfig, alias=context.name
        )
        await self.ground.shell.run(command, listen=say.line)
        return Outcome(f"context {context.name} in {context.kubeconfig}", (context,))

    def _context(self, so_far: Facts) -> Context:
        return Context(self.ground.kubeconfig, so_far.of(Cluster).name, so_far.of(Account).region)
