"""Build the image and the chart's archive, once for all environments."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.charts.package import Packaged, package
from shipway.images.python import PythonImage, build
from shipway.oci.artifact import Artifact
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell


@dataclass(frozen=True, slots=True)
class Built:
    """What the build made: bytes with digests, in no registry yet."""

    image: Artifact
    chart: Packaged


@dataclass(frozen=True, slots=True)
class Build:
    name: ClassVar[str] = "build"

    image: PythonImage
    chart: Path
    cache: Path
    shell: Shell

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        chart = await asyncio.to_thread(package, self.chart)
        image = await build(self.image, cache=self.cache, shell=self.shell, listen=say.progress)
        size = sum(layer.descriptor.size for layer in image.layers)
        return Outcome(
            f"image {short(image.digest)} ({size / 1e6:.1f} MB), "
            f"chart {chart.version} {short(chart.artifact.digest)}",
            facts=(Built(image, chart),),
        )


def short(digest: str) -> str:
    """`sha256:` and the first 12 digits: enough to tell apart, short enough to read."""
    return digest[: len("sha256:") + 12]
