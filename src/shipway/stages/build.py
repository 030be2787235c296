"""Build the image and the chart's archive, once for all environments."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from shipway.charts.package import Packaged, package
from shipway.images import docker
from shipway.images.config import BASE_DIGEST
from shipway.images.docker import DockerImage, Loaded
from shipway.images.python import PythonImage, build
from shipway.model.bundle import Digest
from shipway.model.platform import Platform, platform
from shipway.oci.artifact import Artifact
from shipway.oci.auth import CredentialsProvider
from shipway.oci.reference import Address, Reference
from shipway.oci.registry import Registry
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell
from shipway.targets.login import login_for


@dataclass(frozen=True, slots=True)
class Built:
    """What the build made, in no registry yet. A Docker engine keeps what it built until it is uploaded."""

    image: Artifact | Loaded
    chart: Packaged


@dataclass(frozen=True, slots=True)
class Build:
    name: ClassVar[str] = "build"

    image: PythonImage | DockerImage
    chart: Path
    cache: Path
    shell: Shell
    login: Callable[[str], CredentialsProvider | None] = login_for  # by the base's host
    why: str = ""  # this builder, where nobody named one

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        if self.why:
            kind = "docker" if isinstance(self.image, DockerImage) else "python"
            say.line(f"image.builder is auto, which is {kind} here: {self.why}")
        chart = await asyncio.to_thread(package, self.chart)
        image, words = await (
            self._by_docker(self.image, say)
            if isinstance(self.image, DockerImage)
            else self._by_python(self.image, say)
        )
        return Outcome(
            f"{words}, chart {chart.version} {short(chart.artifact.digest)}",
            facts=(Built(image, chart), _platform(image)),
        )

    async def _by_docker(self, image: DockerImage, say: Say) -> tuple[Loaded, str]:
        loaded = await docker.build(image, self.shell, say=say.line, progress=say.progress)
        size = f"{loaded.size / 1e6:.1f} MB unpacked"
        return loaded, f"image {short(loaded.id)} ({size}) by {docker.WORDS[loaded.way]}"

    async def _by_python(self, image: PythonImage, say: Say) -> tuple[Artifact, str]:
        artifact = await self._layered(image, say)
        size = sum(layer.descriptor.size for layer in artifact.layers)
        base = f" on base {short(_base_digest(artifact))}" if image.base else ""
        return artifact, f"image {short(artifact.digest)} ({size / 1e6:.1f} MB){base}"

    async def _layered(self, image: PythonImage, say: Say) -> Artifact:
        if image.base is None:
            return await build(image, cache=self.cache, shell=self.shell, listen=say.progress)
        base = Reference.parse(image.base)
        address = Address(base.host, plain_http=_is_local(base.host))
        async with Registry(address, self.login(base.host)) as registry:
            artifact = await build(
                image,
                cache=self.cache,
                shell=self.shell,
                listen=say.progress,
                registry=registry,
            )
        say.line(f"base {image.base} is {_base_digest(artifact)}")
        return artifact


def _platform(image: Artifact | Loaded) -> Platform:
    return image.platform if isinstance(image, Loaded) else platform(_config(image))


def _base_digest(image: Artifact) -> Digest:
    """What the base's tag meant at this build."""
    return str(_config(image)["config"]["Labels"][BASE_DIGEST])


def _config(image: Artifact) -> dict[str, Any]:
    assert isinstance(image.config.content, bytes)
    found: dict[str, Any] = json.loads(image.config.content)
    return found


def _is_local(host: str) -> bool:
    """As Docker sees it: a registry of this machine speaks plain HTTP."""
    return host.partition(":")[0] in {"localhost", "127.0.0.1"}


def short(digest: str) -> str:
    """`sha256:` and the first 12 digits: enough to tell apart, short enough to read."""
    return digest[: len("sha256:") + 12]
