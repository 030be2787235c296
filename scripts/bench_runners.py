"""How long lint and test of the sample take where they run: on the host, in Docker, by Dagger. Warm: all is prepared.

Dagger's engine is the one of the tests, which runs the commands on this machine: what is measured is our way to it.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from shipway.docker.engine import engine
from shipway.errors import ShipwayError
from shipway.runners.dagger import DaggerRunner
from shipway.runners.docker import DockerRunner
from shipway.runners.host import HostRunner
from shipway.runners.runner import Runner
from shipway.shell.local import LocalShell
from tests.runners.dagger_engine import Engine

CHECKS = (("ruff", "check", "."), ("python", "-m", "pytest", "-q"))
FOLDER = Path("app")
LOCKS = ("app/requirements.txt", "app/requirements-dev.txt")
IMAGE = "python:3.12-slim"


async def measure(clone: Path, rounds: int) -> dict[str, float | str]:
    """Seconds, or why there are none."""
    shell = LocalShell(clone, [Path(sys.executable).parent])
    with tempfile.TemporaryDirectory(prefix="shipway-bench-") as folder:
        async with Engine(Path(folder) / "engine").serving() as played:
            os.environ["_EXPERIMENTAL_DAGGER_CLI_BIN"] = str(played.program())

            def dagger() -> Runner:
                return DaggerRunner(shell, root=clone, image=IMAGE, requirements=())

            return {
                "host": await _both(lambda: HostRunner(shell), rounds),
                "docker": await _docker(shell, clone, rounds),
                "dagger": await _both(dagger, rounds),
            }


async def _docker(shell: LocalShell, clone: Path, rounds: int) -> float | str:
    base = os.environ.get("SHIPWAY_DOCKER_BASE")
    try:
        await engine(shell)
    except ShipwayError as silent:
        return silent.problem
    if base is None:
        return "SHIPWAY_DOCKER_BASE names no base image"

    def docker() -> Runner:
        return DockerRunner(
            shell,
            root=clone,
            image=base,
            requirements=[clone / lock for lock in LOCKS],
            cache=clone / ".shipway" / "cache" / "wheels",
            run=f"bench-{os.getpid()}",
        )

    return await _both(docker, rounds)


async def _both(runner: Callable[[], Runner], rounds: int) -> float:
    """The median, after one that prepares. As in a release: the two run at once, and each run has a runner of its own."""
    taken = [await _take(runner()) for _ in range(rounds + 1)]
    return median(taken[1:])


async def _take(runner: Runner) -> float:
    begin = perf_counter()
    await asyncio.gather(*(runner.run(argv, FOLDER, _hush) for argv in CHECKS))
    return perf_counter() - begin


def _hush(_text: str) -> None:
    """Nobody reads it here."""


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path.cwd(), int(sys.argv[1])))))
