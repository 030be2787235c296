"""What must be in the cluster: nodes, the load balancer controller, the namespaces."""

from collections.abc import Callable
from dataclasses import dataclass

from shipway.commands.command import Command
from shipway.commands.helm import Cluster
from shipway.eks import kube
from shipway.eks.ground import Ground
from shipway.eks.inventory import Absent, Here, Judge
from shipway.eks.kube import Context
from shipway.eks.waiting import NotYet, until
from shipway.kube.errors import ClusterUnreachable
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Inside:
    """One thing that `judge` looks for."""

    name: str
    wanted: str  # in words
    judge: Judge
    more: Callable[[Cluster], Command]  # shows more
    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        context = so_far.get(Context)
        if context is None:
            return Missing(f"wait for {self.wanted}")
        match await self._see(context):
            case Here(text):
                return Reached(text)
            case Absent(text):
                return Missing(f"wait for {self.wanted}: {text}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        context = so_far.of(Context)

        async def look() -> Here | NotYet:
            seen = await self._see(context)
            return seen if isinstance(seen, Here) else NotYet(seen.text)

        more = str(self.more(context.cluster))
        found = await until(look, self.ground.pace, say, self.wanted, more)
        return Outcome(found.text)

    async def _see(self, context: Context) -> Here | Absent:
        """A new cluster's name takes its time to be known everywhere."""
        try:
            return self.judge(await kube.inventory(context))
        except ClusterUnreachable as error:
            return Absent(f"no answer of {error.server}: is your address in EKS_API_CIDRS?")
