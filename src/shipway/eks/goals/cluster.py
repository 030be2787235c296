"""A cluster that is ACTIVE."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import aws
from shipway.eks.account import Account
from shipway.eks.cloud import Cloud
from shipway.eks.cluster import Cluster, ClusterGone, is_ready
from shipway.eks.ground import Ground
from shipway.eks.outputs import Outputs
from shipway.eks.waiting import NotYet, until
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class ActiveCluster:
    """Its fact: Cluster."""

    name: ClassVar[str] = "cluster"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        outputs = so_far.get(Outputs)
        if outputs is None:
            return Missing("wait until the cluster is ACTIVE")
        found = await _find(so_far, outputs)
        if is_ready(found):
            return Reached(f"{found.name} is {found.status}", (found,))
        return Missing(f"wait until the cluster is ACTIVE, it is {found.status}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        outputs, region = so_far.of(Outputs), so_far.of(Account).region

        async def look() -> Cluster | NotYet:
            found = await _find(so_far, outputs)
            return found if is_ready(found) else NotYet(f"{found.name} is {found.status}")

        more = str(aws.describe_cluster(outputs["ClusterName"], region))
        found = await until(look, self.ground.pace, say, "the cluster", more)
        return Outcome(f"{found.name} is {found.status}", (found,))


async def _find(so_far: Facts, outputs: Outputs) -> Cluster:
    found = await so_far.of(Cloud).cluster(outputs["ClusterName"])
    if found is None:
        raise ClusterGone(outputs["ClusterName"], so_far.of(Account).region)
    return found
