"""No load balancer, target group or security group of the controller left: the VPC cannot go before them."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import remains
from shipway.eks.account import Account
from shipway.eks.balancers import Balancers, BalancersStay
from shipway.eks.cloud import Cloud
from shipway.eks.goals.doomed import Doomed
from shipway.eks.ground import Ground
from shipway.eks.waiting import NotYet, TookTooLong, until
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

NONE = "no load balancer, target group or security group is left"


@dataclass(frozen=True, slots=True)
class NoBalancers:
    name: ClassVar[str] = "balancers"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        left = await remains.balancers(so_far.of(Cloud), so_far.of(Doomed).name)
        if left == Balancers():
            return Reached(NONE)
        if so_far.of(Doomed).cluster is None:
            raise BalancersStay(left, None, so_far.of(Account).region)
        return Missing(f"wait until the controller has removed {', '.join(left.names)}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        cloud, name = so_far.of(Cloud), so_far.of(Doomed).name

        async def look() -> Balancers | NotYet:
            left = await remains.balancers(cloud, name)
            return NotYet(f"there: {', '.join(left.names)}") if left != Balancers() else left

        try:
            await until(look, self.ground.pace, say, "the load balancers", "")
        except TookTooLong as late:
            left = await remains.balancers(cloud, name)
            region = so_far.of(Account).region
            raise BalancersStay(left, late.seconds, region) from late
        return Outcome(NONE)
