"""The stack as infra/ describes it, and its outputs, none of them empty."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.commands.cdk import is_noise
from shipway.eks import outputs
from shipway.eks import stack as model
from shipway.eks.account import Account
from shipway.eks.blueprint import Blueprint
from shipway.eks.cloud import Cloud
from shipway.eks.goals.infrastructure import Assembly
from shipway.eks.ground import Ground
from shipway.eks.stack import Stack
from shipway.eks.waiting import alongside
from shipway.errors import CommandFailed, ShipwayError
from shipway.pipeline.goal import Missing
from shipway.pipeline.stage import Facts, Outcome, Say

NEEDED = ("AccountId", "Region", "ClusterName", "EcrRepositoryUri", "EcrChartRepositoryUri")
NO_CHANGES = "(no changes)"


@dataclass(eq=False)
class DeployFailed(ShipwayError):
    """With what CloudFormation says of it; where it says nothing, what cdk said."""

    stack: str
    now: Stack | None
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        status = self.now.status if self.now else "not there"
        return f"cdk deploy failed: the stack {self.stack} is {status}"

    @property
    def details(self) -> tuple[str, ...]:
        return (model.proof(self.now) if self.now else ()) or self.tail

    @property
    def remedy(self) -> str:
        broken = self.now is not None and self.now.status in model.BROKEN
        return f"remove the cause, then: shipway setup eks{' --recreate' if broken else ''}"


@dataclass(frozen=True, slots=True)
class Deployed:
    """Its fact: Outputs. CDK itself finds out what differs, so it is always asked."""

    name: ClassVar[str] = "deploy"

    ground: Ground

    async def look(self, so_far: Facts) -> Missing:
        stack = so_far.of(Blueprint).stack
        now = so_far.get(Stack)
        if now is None:
            return Missing(f"run cdk deploy: make the stack {stack}, in about 20 minutes")
        facts = (outputs.complete(now.outputs, NEEDED, stack),) if _told(now) else ()
        return Missing(f"run cdk deploy: bring the stack {stack} up to date", facts)

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        stack, cloud = so_far.of(Blueprint).stack, so_far.of(Cloud)
        cdk = self.ground.cdk(so_far.of(Account).region)
        file = self.ground.folder / "outputs.json"
        command = cdk.deploy(stack, so_far.of(Assembly).folder, file)

        def heard(line: str) -> None:
            if not is_noise(line):
                say.line(line)

        async def look() -> str:
            return f"stack {stack}: {await cloud.progress(stack, so_far.of(Blueprint).resources)}"

        try:
            said = await alongside(
                self.ground.shell.run(command, listen=heard), look, self.ground.pace, say
            )
        except CommandFailed as failure:
            tail = tuple(line for line in failure.tail if not is_noise(line))
            raise DeployFailed(stack, await cloud.stack(stack), tail) from failure
        found = outputs.complete(await asyncio.to_thread(_read, file, stack), NEEDED, stack)
        same = NO_CHANGES in said.stdout + said.stderr
        return Outcome(
            f"{stack}{' has no changes' if same else ' is deployed'}", (found,), unchanged=same
        )


def _told(stack: Stack) -> bool:
    return all(stack.outputs.get(name) for name in NEEDED)


def _read(file: Path, stack: str) -> dict[str, str]:
    return outputs.read(file.read_text(encoding="utf-8"), stack) if file.exists() else {}
