"""What a teardown leaves in the account, by name: some of it costs."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks.account import Account
from shipway.eks.cloud import Cloud
from shipway.eks.goals.doomed import Doomed
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class Leftovers:
    name: ClassVar[str] = "leftovers"

    async def look(self, so_far: Facts) -> Reached:
        cloud, doomed = so_far.of(Cloud), so_far.of(Doomed)
        bootstrap = await cloud.stack("CDKToolkit")
        found = [
            *(f"repository {each}" for each in await cloud.repositories(doomed.repositories)),
            *(f"volume {each}" for each in await cloud.volumes(doomed.name)),
            *(f"log group {each}" for each in await cloud.log_groups(doomed.name)),
            *(["the stack CDKToolkit, which other CDK apps use too"] if bootstrap else []),
        ]
        where = so_far.of(Account)
        if not found:
            return Reached(f"nothing is left in {where.id}, {where.region}")
        return Reached(f"left in {where.id}, {where.region}: {', '.join(found)}")
