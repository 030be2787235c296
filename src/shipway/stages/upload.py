"""Send what was built to the registry, while the checks still run: no tag is written yet."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.stages.build import Built
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Upload:
    name: ClassVar[str] = "upload"

    image_repository: str
    chart_repository: str

    async def run(self, so_far: Facts, _say: Say) -> Outcome:
        built, target = so_far.of(Built), so_far.of(Target)
        async with target.open_registry() as registry:
            await asyncio.gather(
                registry.upload(self.image_repository, built.image),
                registry.upload(self.chart_repository, built.chart.artifact),
            )
        return Outcome(f"{target.registry.host} has image and chart")
