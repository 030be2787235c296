"""Build the image and the chart's archive, once for all environments."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.charts.package import Packaged, package
from shipway.images.config import BASE_DIGEST
from shipway.images.python import PythonImage, build
from shipway.model.bundle import Digest
from shipway.oci.artifact import Artifact
from shipway.oci.auth import CredentialsProvider
from shipway.oci.reference import Address, Reference
from shipway.oci.registry import Registry
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.targets.eks_login import provider_for


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
    login: Callable[[str], CredentialsProvider | None] = provider_for  # by the base's host

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        chart = await asyncio.to_thread(package, self.chart)
        image = await self._image(say)
        size = sum(layer.descriptor.size for layer in image.layers)
        base = f" on base {short(_base_digest(image))}" if self.image.base else ""
        return Outcome(
            f"image {short(image.digest)} ({size / 1e6:.1f} MB){base}, "
            f"chart {chart.version} {short(chart.artifact.digest)}",
            facts=(Built(image, chart),),
        )

    async def _image(self, say: Say) -> Artifact:
        if self.image.base is None:
            return await build(self.image, cache=self.cache, shell=self.shell, listen=say.progress)
        base = Reference.parse(self.image.base)
        address = Address(base.host, plain_http=_is_local(base.host))
        async with Registry(address, self.login(base.host)) as registry:
            image = await build(
                self.image,
                cache=self.cache,
                shell=self.shell,
                listen=say.progress,
                registry=registry,
            )
        say.line(f"base {self.image.base} is {_base_digest(image)}")
        return image


def _base_digest(image: Artifact) -> Digest:
    """What the base's tag meant at this build."""
    assert isinstance(image.config.content, bytes)
    return str(json.loads(image.config.content)["config"]["Labels"][BASE_DIGEST])


def _is_local(host: str) -> bool:
    """As Docker sees it: a registry of this machine speaks plain HTTP."""
    return host.partition(":")[0] in {"localhost", "127.0.0.1"}


def short(digest: str) -> str:
    """`sha256:` and the first 12 digits: enough to tell apart, short enough to read."""
    return digest[: len("sha256:") + 12]
