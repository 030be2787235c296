"""Bring the target to where it can be released to, and tell the stages after it where it is."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets.provider import Provider


@dataclass(frozen=True, slots=True)
class Setup:
    name: ClassVar[str] = "setup"

    provider: Provider

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        target = await self.provider.up(say.progress)
        parts = [f"registry {target.registry.host}", target.where]
        if target.isolation:
            parts.append(target.isolation.short)
        return Outcome(f"{target.name}: {', '.join(parts)}", facts=(target,))
