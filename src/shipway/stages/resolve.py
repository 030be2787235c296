"""Find a release that was built before, by its tag or its bundle id: deploying never rebuilds."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.oci import bundles
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.stages.build import short
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Resolve:
    name: ClassVar[str] = "resolve"

    repository: str
    reference: str

    async def run(self, so_far: Facts, _say: Say) -> Outcome:
        target = so_far.of(Target)
        async with target.open_registry() as registry:
            released = await bundles.find(registry, self.repository, self.reference)
        bundle = released.bundle
        return Outcome(
            f"{self.reference} is bundle {short(bundle.id)}: image {short(bundle.image.digest)}, "
            f"chart {bundle.chart.version}",
            facts=(released,),
        )
