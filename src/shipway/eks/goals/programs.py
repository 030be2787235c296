"""The programs that set-up and kubectl start: aws, and the node and cdk of infra/."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import aws
from shipway.eks.ground import Ground
from shipway.errors import USAGE, ShipwayError
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(eq=False)
class NoAws(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "aws is not on your PATH, and kubectl starts it for every call to the cluster"

    @property
    def remedy(self) -> str:
        return "install the AWS CLI, version 2, or put .venv/bin on the PATH"


@dataclass(eq=False)
class NoInfra(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "infra/ has no environment of its own yet: .venv-infra with CDK and node"

    @property
    def remedy(self) -> str:
        return "make infra-setup"


@dataclass(frozen=True, slots=True)
class Programs:
    """`cdk` is wanted for set-up only."""

    name: ClassVar[str] = "programs"

    ground: Ground
    cdk: bool = True

    async def look(self, _so_far: Facts) -> Reached:
        if self.ground.which("aws") is None:
            raise NoAws
        said = await self.ground.shell.run(aws.version())
        found = (said.stdout or said.stderr).split()[0].replace("/", " ")
        if not self.cdk:
            return Reached(found)
        if self.ground.node is None:
            raise NoInfra
        cdk = await self.ground.shell.run(self.ground.cdk("").version())
        return Reached(f"{found}, cdk {cdk.stdout.split()[0]}")
