"""A region that was chosen, credentials that work, and the account that was meant."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import account
from shipway.eks.cloud import profile_region
from shipway.eks.ground import Ground
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class InAccount:
    """Its facts: Account, and the Cloud that everything after it asks."""

    name: ClassVar[str] = "account"

    ground: Ground

    async def look(self, _so_far: Facts) -> Reached:
        region = account.region(self.ground.environment, await profile_region())
        cloud = self.ground.open(region)
        found = await cloud.account()
        account.check(found, self.ground.environment, self.ground.written)
        return Reached(f"{found.id} in {found.region}, as {found.arn}", (found, cloud))
