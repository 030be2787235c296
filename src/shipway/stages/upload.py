"""Send what was built to the registry, while the checks still run: no tag that a person uses is written yet."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from shipway.images import docker_push
from shipway.images.docker import Loaded
from shipway.oci.artifact import Artifact, Descriptor
from shipway.oci.registry import Registry
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.stages.build import Built
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The image's manifest, as the registry has it."""

    image: Descriptor


@dataclass(frozen=True, slots=True)
class Upload:
    name: ClassVar[str] = "upload"

    image_repository: str
    chart_repository: str
    shell: Shell

    async def run(self, so_far: Facts, say: Say) -> Outcome:
        built, target = so_far.of(Built), so_far.of(Target)
        async with target.open_registry() as registry:
            with say.effect("blobs"):
                image, _ = await asyncio.gather(
                    self._image(built.image, registry, target, say),
                    registry.upload(self.chart_repository, built.chart.artifact),
                )
        return Outcome(f"{target.registry.host} has image and chart", facts=(Uploaded(image),))

    async def _image(
        self, image: Artifact | Loaded, registry: Registry, target: Target, say: Say
    ) -> Descriptor:
        if isinstance(image, Artifact):
            return await registry.upload(self.image_repository, image)
        return await docker_push.push(
            image,
            registry,
            self.image_repository,
            self.shell,
            credentials=target.credentials() if target.credentials else None,
            progress=say.progress,
        )
