"""The base image: Debian's Python, and the wheels of the sample, so that a build needs no network at all."""

import asyncio
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from docker_lab import commands
from docker_lab.cannot import Cannot
from shipway.errors import CommandFailed
from shipway.images import lock as locks
from shipway.images.lock import Pin
from shipway.images.runtime import Runtime
from shipway.images.wheels import WheelCache
from shipway.shell.shell import Shell

PIP = "[global]\nno-index = true\nfind-links = /wheels\n"

_SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources"))


@dataclass(frozen=True, slots=True)
class Base:
    """`archive` is a root file system; `wheels` a folder with the same wheels that it holds in /wheels."""

    archive: Path
    wheels: Path
    python: str  # 3.11


async def base(suite: str, requirements: tuple[Path, ...], cache: Path, shell: Shell) -> Base:
    """Made once, and kept in `cache` until the packages, the mirrors or the locks are others."""
    debian = await _debian(suite, cache / "docker-lab", shell)
    python = await asyncio.to_thread(_python, debian)
    runtime = Runtime(python, "linux", Runtime.host().architecture)
    paths: dict[str, Path] = {}
    for lock in requirements:
        pins = await asyncio.to_thread(_pins, lock, runtime)
        fetched = await WheelCache(cache / "wheels").fetch(pins, runtime, lock=lock, shell=shell)
        paths |= {path.name: path for path in fetched}
    key = _key(debian.name, PIP, *sorted(paths))
    archive = debian.with_name(f"python-{key}.tar")
    wheels = debian.with_name(f"wheels-{key}")
    await asyncio.to_thread(_finish, debian, tuple(paths.values()), archive, wheels)
    return Base(archive, wheels, python)


async def _debian(suite: str, folder: Path, shell: Shell) -> Path:
    sources = await asyncio.to_thread(lambda: [path for path in _SOURCES if path.exists()])
    archive, there = await asyncio.to_thread(_archive, suite, folder, sources)
    if not there:
        draft = folder / f"draft-{os.getpid()}.tar"
        try:
            await shell.run(commands.mmdebstrap(suite, draft, sources))
        except CommandFailed as failed:
            why = "mmdebstrap gets no packages from Debian's mirrors"
            raise Cannot(why, failed.tail) from failed
        draft.replace(archive)
    return archive


def _archive(suite: str, folder: Path, sources: list[Path]) -> tuple[Path, bool]:
    """Another recipe, another mirror: another name. And whether it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = str(commands.mmdebstrap(suite, Path("archive"), sources))
    mirrors = [path.read_text(encoding="utf-8") for path in sources]
    archive = folder / f"debian-{_key(recipe, *mirrors)}.tar"
    return archive, archive.exists()


def _pins(lock: Path, runtime: Runtime) -> tuple[Pin, ...]:
    pins = locks.read(lock.read_text(encoding="utf-8"), file=lock)
    return locks.wanted(pins, runtime.marker_environment)


def _python(archive: Path) -> str:
    """python3 is a link to python3.11."""
    with tarfile.open(archive) as content:
        return content.getmember("./usr/bin/python3").linkname.removeprefix("python")


def _finish(debian: Path, paths: tuple[Path, ...], archive: Path, wheels: Path) -> None:
    if not wheels.exists():
        draft = wheels.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for path in paths:
            shutil.copyfile(path, draft / path.name)
        draft.replace(wheels)
    if not archive.exists():
        copy = archive.with_suffix(".draft")
        shutil.copyfile(debian, copy)
        with tarfile.open(copy, "a") as content:
            for name, data in (("./etc/pip.conf", PIP.encode()), *_wheels(paths)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                content.addfile(member, BytesIO(data))
        copy.replace(archive)


def _wheels(paths: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        yield f"./wheels/{path.name}", path.read_bytes()


def _key(*facts: str) -> str:
    return sha256("\0".join(facts).encode()).hexdigest()[:12]
