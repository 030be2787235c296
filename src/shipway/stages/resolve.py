"""Find a release that was built before, by its tag or its bundle id: deploying never rebuilds."""

import json
from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.images.config import RUNTIME_LABEL
from shipway.model.bundle import ImageRef
from shipway.oci import bundles
from shipway.oci.registry import Registry
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.stages.build import short
from shipway.targets.target import Target


@dataclass(eq=False)
class HostImage(ShipwayError):
    """It has no Python of its own, and the target's nodes lend it none."""

    exit_code: ClassVar[int] = REFUSED

    image: str
    target: str

    @property
    def problem(self) -> str:
        return f"{self.image} has no Python of its own and cannot run on {self.target}"

    @property
    def remedy(self) -> str:
        return f"set image.base in shipway.yaml, then: shipway build --target {self.target}"


@dataclass(frozen=True, slots=True)
class Resolve:
    name: ClassVar[str] = "resolve"

    repository: str
    reference: str
    otherwise: str  # what to do where there is no such release

    async def run(self, so_far: Facts, _say: Say) -> Outcome:
        target = so_far.of(Target)
        async with target.open_registry() as registry:
            released = await bundles.find(
                registry, self.repository, self.reference, otherwise=self.otherwise
            )
            bundle = released.bundle
            if not target.host_images and await _needs_host(registry, bundle.image):
                name = f"{target.image_name(self.repository)}:{bundle.tag}"
                raise HostImage(name, target.name)
        return Outcome(
            f"{self.reference} is bundle {short(bundle.id)}: image {short(bundle.image.digest)}, "
            f"chart {bundle.chart.version}",
            facts=(released,),
        )


async def _needs_host(registry: Registry, image: ImageRef) -> bool:
    manifest = await registry.manifest(image.repository, image.digest)
    if manifest.is_index:
        return False  # we make none, and others have bases
    config = json.loads(await registry.blob(image.repository, manifest.content["config"]["digest"]))
    labels = (config.get("config") or {}).get("Labels") or {}
    return bool(labels.get(RUNTIME_LABEL) == "host")
