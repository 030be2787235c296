"""What infra/ would make, as CDK writes it: the settings are read, and nothing is asked of AWS."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.eks import blueprint
from shipway.eks.account import Account
from shipway.eks.ground import Ground
from shipway.errors import USAGE, CommandFailed, ShipwayError
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class Assembly:
    """The folder that CDK wrote: what was looked at is what is deployed."""

    folder: Path


@dataclass(eq=False)
class NotSynthesized(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    said: tuple[str, ...]

    @property
    def problem(self) -> str:
        told = (line.removeprefix("error: ") for line in self.said if line.startswith("error: "))
        return next(told, "infra/ cannot be synthesized")

    @property
    def details(self) -> tuple[str, ...]:
        """The settings that are wrong, when it says so; else all that it said."""
        settings = tuple(line.strip() for line in self.said if line.startswith("  "))
        return tuple(line for line in settings if not line.startswith("try: ")) or self.said

    @property
    def remedy(self) -> str:
        return "correct that; infra/README.md explains each setting"


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """Its facts: Blueprint and Assembly."""

    name: ClassVar[str] = "infrastructure"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached:
        folder = self.ground.assembly
        cdk = self.ground.cdk(so_far.of(Account).region)
        try:
            await self.ground.shell.run(cdk.synth(folder))
        except CommandFailed as failure:
            raise NotSynthesized(failure.tail) from failure
        stack = blueprint.stack_name(json.loads((folder / "manifest.json").read_bytes()))
        found = blueprint.read(json.loads((folder / f"{stack}.template.json").read_bytes()), stack)
        return Reached(
            f"stack {stack}: Kubernetes {found.version}, at least {found.nodes} nodes, "
            f"namespaces {', '.join(found.namespaces)}",
            (found, Assembly(folder)),
        )
