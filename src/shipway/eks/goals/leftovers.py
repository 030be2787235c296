"""What a teardown leaves in the account, by name: some of it costs."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import bootstrap, remains
from shipway.eks.account import Account
from shipway.eks.cloud import Cloud
from shipway.eks.goals.doomed import Doomed
from shipway.eks.resources import ids
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class Leftovers:
    name: ClassVar[str] = "leftovers"

    async def look(self, so_far: Facts) -> Reached:
        cloud, doomed = so_far.of(Cloud), so_far.of(Doomed)
        resources = doomed.resources or await cloud.former(doomed.name)
        repositories = ids(resources, "AWS::ECR::Repository")
        keys = ids(resources, "AWS::KMS::Key")
        toolkit = await cloud.stack(bootstrap.STACK)
        found = [
            *(f"repository {each}" for each in await cloud.repositories(repositories)),
            *(f"volume {each}" for each in await remains.volumes(cloud, doomed.name)),
            *(f"log group {each}" for each in await remains.log_groups(cloud, doomed.name)),
            *(key.told for key in await remains.keys(cloud, keys)),
            *([f"the stack {bootstrap.STACK}, which other CDK apps use too"] if toolkit else []),
        ]
        where = so_far.of(Account)
        if not found:
            return Reached(f"nothing is left in {where.id}, {where.region}")
        return Reached(f"left in {where.id}, {where.region}: {', '.join(found)}")
