"""An image that a Docker engine builds from a Dockerfile."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from shipway.commands import docker
from shipway.commands.docker import Build, Way
from shipway.docker.build_errors import DockerfileMissing, build_error
from shipway.docker.build_log import BuildLog
from shipway.docker.errors import DockerMissing, told
from shipway.errors import CommandFailed, ProgramMissing
from shipway.images.docker_labels import arguments
from shipway.model.platform import Platform
from shipway.shell.shell import Shell

DOCKERFILE = "Dockerfile"
IGNORED = ".dockerignore"
LARGE = 100_000_000  # bytes of a build context
NO_BUILDX = "buildx component is missing or broken"

WORDS: Mapping[Way, str] = {
    "buildx": "buildx",
    "buildkit": "BuildKit",
    "legacy": "the legacy builder",
}


@dataclass(frozen=True, slots=True)
class DockerImage:
    """`source` is the build context, relative to `root`; its Dockerfile decides what the image is made of.

    `base` is for its argument PYTHON_IMAGE. `epoch` is SOURCE_DATE_EPOCH, where that is set.
    """

    root: Path
    source: PurePath
    repository: str
    base: str | None = None
    epoch: int | None = None

    @property
    def dockerfile(self) -> PurePath:
        return self.source / DOCKERFILE

    @property
    def name(self) -> str:
        """What the engine calls it: another clone that builds at the same time has another name for its own."""
        return f"{self.repository}:shipway-{hashlib.sha256(bytes(self.root)).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image that the engine has. `id` names its configuration: the manifest's digest is made by the push."""

    id: str
    size: int  # bytes, unpacked
    way: Way
    platform: Platform


def check(image: DockerImage) -> None:
    """Raises DockerfileMissing."""
    if not (image.root / image.dockerfile).is_file():
        raise DockerfileMissing(image.dockerfile)


async def build(
    image: DockerImage,
    shell: Shell,
    *,
    say: Callable[[str], None],
    progress: Callable[[str], None],
) -> Loaded:
    """What did not change comes out of the engine's cache, with the id that it had."""
    check(image)
    await _weigh(image, say)
    named = await arguments(image.source, shell, image.epoch)
    base = {} if image.base is None else {"PYTHON_IMAGE": image.base}
    wanted = Build(image.source, image.name, {**base, **named})
    way = await _way(shell)
    try:
        await _run(way, wanted, image, shell, progress)
    except CommandFailed as failure:
        if way != "buildkit" or NO_BUILDX not in "\n".join(failure.tail):
            raise
        say("this Docker client has no buildx: the legacy builder builds, without BuildKit's cache")
        way = "legacy"
        await _run(way, wanted, image, shell, progress)
    return await _look(wanted.tag, way, shell)


async def _way(shell: Shell) -> Way:
    try:
        await shell.run(docker.buildx_version())
    except ProgramMissing as missing:
        raise DockerMissing from missing
    except CommandFailed:
        return "buildkit"
    return "buildx"


async def _run(
    way: Way, wanted: Build, image: DockerImage, shell: Shell, progress: Callable[[str], None]
) -> None:
    log = BuildLog(progress)
    try:
        await shell.run(docker.build(way, wanted), listen=log.hear)
    except CommandFailed as failure:
        text = (image.root / image.dockerfile).read_text(encoding="utf-8")
        raise build_error(failure, log, image.dockerfile, text, wanted.arguments) from failure


async def _look(name: str, way: Way, shell: Shell) -> Loaded:
    """Asked for by name: what the builders write down is an id or a digest, as the engine stores its images."""
    try:
        said = await shell.run(docker.look_at_image(name))
    except CommandFailed as failure:
        raise told(failure) from failure
    found = json.loads(said.stdout)
    return Loaded(found["Id"], found["Size"], way, Platform(found["Architecture"]))


async def _weigh(image: DockerImage, say: Callable[[str], None]) -> None:
    """All of the context goes to the engine, unless .dockerignore says what does not."""
    context = image.root / image.source
    if (context / IGNORED).exists():
        return
    size = await asyncio.to_thread(_size, context)
    if size > LARGE:
        say(
            f"{image.source} has {size / 1e6:.0f} MB and no {IGNORED}: "
            "all of it goes to the Docker engine at every build"
        )


def _size(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)
