"""No stack any more, and so no cluster, no network, no registry."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks.cloud import Cloud
from shipway.eks.goals.doomed import Doomed
from shipway.eks.goals.stack import destroyed
from shipway.eks.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Destroyed:
    name: ClassVar[str] = "destroy"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        doomed = so_far.of(Doomed)
        if doomed.stack is None:
            return Reached(f"no stack {doomed.name}")
        return Missing(f"delete the stack {doomed.name}, in about 20 minutes")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        doomed = so_far.of(Doomed)
        await destroyed(so_far.of(Cloud), doomed.name, self.ground, say)
        return Outcome(f"the stack {doomed.name} is gone")
