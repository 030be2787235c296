"""What a teardown is about: the cluster's stack, once nobody works on it any more."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import stack as model
from shipway.eks.cloud import Cloud
from shipway.eks.cluster import Cluster
from shipway.eks.goals.stack import settled
from shipway.eks.ground import Ground
from shipway.eks.resources import Resource
from shipway.eks.stack import Wait
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Doomed:
    """`stack` is its status, None where it is gone already; then the rest is empty."""

    name: str  # the cluster's, which is the stack's too
    stack: str | None
    resources: tuple[Resource, ...] = ()
    cluster: Cluster | None = None


@dataclass(frozen=True, slots=True)
class DoomedStack:
    """Its fact: Doomed."""

    name: ClassVar[str] = "stack"

    cluster: str
    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        cloud = so_far.of(Cloud)
        found = await cloud.stack(self.cluster)
        if isinstance(model.before_destroy(found), Wait):
            assert found is not None
            return Missing(f"wait for the stack, which is in {found.status}")
        cluster = await cloud.cluster(self.cluster)
        if found is None or found.status == "DELETE_COMPLETE":
            return Reached(f"no stack {self.cluster}", (Doomed(self.cluster, None, (), cluster),))
        resources = await cloud.resources(self.cluster)
        doomed = Doomed(self.cluster, found.status, resources, cluster)
        return Reached(f"{self.cluster} is in {found.status}", (doomed,))

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        while isinstance(now := await self.look(so_far), Missing):
            await settled(so_far.of(Cloud), self.cluster, self.ground, say)
        return Outcome(now.summary, now.facts)
