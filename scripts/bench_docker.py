"""How long an unchanged image takes with the docker builder: all of it, and what of it is ours."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from statistics import median
from time import perf_counter

from shipway.commands.command import Command
from shipway.docker.engine import engine
from shipway.errors import ShipwayError
from shipway.images.docker import DockerImage, build
from shipway.shell.local import LocalShell
from shipway.shell.shell import Finished, Listener, Shell

ROUNDS = 5


@dataclass(slots=True)
class Watched:
    """Counts the seconds that Docker's own programs take."""

    shell: Shell
    docker: float = 0.0

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        begin = perf_counter()
        try:
            return await self.shell.run(command, listen=listen)
        finally:
            if command.argv[0] == "docker":
                self.docker += perf_counter() - begin


async def unchanged_rebuild(clone: Path) -> str:
    """In words, which say why where nothing could be measured."""
    shell = LocalShell(clone)
    base = os.environ.get("SHIPWAY_DOCKER_BASE")
    try:
        await engine(shell)
    except ShipwayError as silent:
        return f"left out: {silent.problem}"
    if base is None:
        return "left out: SHIPWAY_DOCKER_BASE names no base image"
    image = DockerImage(clone, PurePath("app"), "bench/sample-app", base=base)
    await _take(image, shell)
    taken = [await _take(image, shell) for _ in range(ROUNDS)]
    whole, ours = (median(seconds) for seconds in zip(*taken, strict=True))
    await shell.run(Command(("docker", "image", "rm", image.name)))
    return f"{whole:.2f} s, {ours:.2f} s of it ours"


async def _take(image: DockerImage, shell: Shell) -> tuple[float, float]:
    """Seconds in all, and those without Docker's programs."""
    watched, begin = Watched(shell), perf_counter()
    await build(image, watched, say=_hush, progress=_hush)
    whole = perf_counter() - begin
    return whole, whole - watched.docker


def _hush(_text: str) -> None:
    """Nobody reads it here."""
