"""Find a release that was built before, by its tag or its bundle id: deploying never rebuilds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.images.config import RUNTIME_LABEL
from shipway.model.bundle import ImageRef
from shipway.model.isolation import Isolation
from shipway.model.platform import platform
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


@dataclass(eq=False)
class SystemImage(ShipwayError):
    """It has a file system of its own, and the target's pods have only this machine's."""

    exit_code: ClassVar[int] = REFUSED

    image: str
    target: str
    isolation: Isolation

    @property
    def problem(self) -> str:
        return f"{self.image} brings a system of its own, and on {self.target} {self.isolation}"

    @property
    def remedy(self) -> str:
        elsewhere = (
            f"shipway build --target {self.target} under another tag, or release it to a target "
            "whose nodes run whole images: --target kind"
        )
        way = self.isolation.remedy
        return f"{way}. Or {elsewhere}" if way else elsewhere


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
            config = await _config(registry, bundle.image)
        if config:
            self._fits(target, bundle.tag, config)
        return Outcome(
            f"{self.reference} is bundle {short(bundle.id)}: image {short(bundle.image.digest)}, "
            f"chart {bundle.chart.version}",
            facts=(released, platform(config)),
        )

    def _fits(self, target: Target, tag: str, config: Mapping[str, Any]) -> None:
        labels = (config.get("config") or {}).get("Labels") or {}
        lent = labels.get(RUNTIME_LABEL) == "host"
        name = f"{target.image_name(self.repository)}:{tag}"
        if lent and not target.host_images:
            raise HostImage(name, target.name)
        if not lent and target.isolation and not target.isolation.isolated:
            raise SystemImage(name, target.name, target.isolation)


async def _config(registry: Registry, image: ImageRef) -> dict[str, Any]:
    """Empty for an index, which is none of our making: its images are for several machines, and have bases."""
    manifest = await registry.manifest(image.repository, image.digest)
    if manifest.is_index:
        return {}
    found: dict[str, Any] = json.loads(
        await registry.blob(image.repository, manifest.content["config"]["digest"])
    )
    return found
