"""Bring the target to where it can be released to, and tell the stages after it where it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Setup:
    name: ClassVar[str] = "setup"

    up: Callable[[], Awaitable[Target]]

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        say.progress("starting the cluster")
        target = await self.up()
        return Outcome(
            f"{target.name}: registry {target.registry.host}, ingress {target.url}", facts=(target,)
        )
