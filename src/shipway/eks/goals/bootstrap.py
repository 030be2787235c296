"""The account prepared for CDK in this region."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.eks import bootstrap
from shipway.eks.account import Account
from shipway.eks.cloud import Cloud
from shipway.eks.ground import Ground
from shipway.eks.waiting import alongside
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Bootstrap:
    name: ClassVar[str] = "bootstrap"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        version = await so_far.of(Cloud).bootstrap_version()
        why = bootstrap.missing(version)
        if why is None:
            return Reached(f"CDK's bootstrap is of version {version}")
        account = so_far.of(Account)
        return Missing(f"run cdk bootstrap aws://{account.id}/{account.region}: {why}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        account = so_far.of(Account)
        command = self.ground.cdk(account.region).bootstrap(account.id, account.region)
        cloud = so_far.of(Cloud)

        async def look() -> str:
            return f"stack {bootstrap.STACK}: {await cloud.progress(bootstrap.STACK)}"

        running = self.ground.shell.run(command, listen=say.line)
        await alongside(running, look, self.ground.pace, say)
        return Outcome(f"bootstrapped {account.id} in {account.region}")
