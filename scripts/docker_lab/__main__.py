"""`make docker-lab` and `make test-docker`: the tests that need a Docker engine, on one of Debian's or on yours."""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

import click

from docker_lab import commands, lab
from docker_lab.cannot import BaseMissing, NothingRun
from docker_lab.lab import ROOT, say
from shipway.commands import docker
from shipway.docker.engine import engine
from shipway.docker.errors import DockerDenied, DockerDown, DockerMissing
from shipway.errors import INTERRUPTED, CommandFailed, MachineRefused, ShipwayError
from shipway.shell.local import LocalShell
from shipway.shell.shell import Shell

BASE = "SHIPWAY_DOCKER_BASE"
PUBLIC = "docker.io/library/python:3.12-slim"
PATIENCE = 30.0  # seconds that interrupted tests have to tidy up


async def run(paths: tuple[str, ...]) -> int:
    """The tests on an engine that lives as long as they do."""
    async with lab.up() as made:
        return await _pytest(paths, made.variables)


async def up() -> int:
    async with lab.up(keep=True) as made:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in made.variables.items()]
    say("it is up, until: make docker-lab ARGS=down. In a shell that is to use it:")
    print("\n".join(lines))
    return 0


async def down() -> int:
    found = lab.RECORDS.read()
    if found:
        lab.fit()
        await lab.down(found.place)
    say("it is down" if found else "it was not up")
    return 0


async def test(paths: tuple[str, ...]) -> int:
    """On the engine that answers."""
    shell = LocalShell(ROOT)
    try:
        found = await engine(shell)
        say(f"Docker engine {found.version}, client {found.client}")
        base = os.environ.get(BASE) or await _public(shell)
    except (DockerMissing, DockerDown, DockerDenied) as why:
        raise NothingRun(why, "on Debian as root: make docker-lab") from why
    except BaseMissing as why:
        raise NothingRun(why) from why
    return await _pytest(paths, {BASE: base})


async def _public(shell: Shell) -> str:
    """What the tests build on where nobody named another image."""
    try:
        await shell.run(docker.look_at_image(PUBLIC))
    except CommandFailed:
        say(f"pulling {PUBLIC}")
        try:
            await shell.run(docker.pull(PUBLIC))
        except CommandFailed as failed:
            raise BaseMissing(PUBLIC, BASE, failed.tail) from failed
    return PUBLIC


async def _pytest(paths: tuple[str, ...], env: dict[str, str]) -> int:
    shell = LocalShell(ROOT, [Path(sys.executable).parent], patience=PATIENCE)
    tools = ROOT / ".shipway" / "tools"
    real = {"SHIPWAY_HELM": str(tools / "helm"), "SHIPWAY_KUBECTL": str(tools / "kubectl")}
    chosen = paths or await asyncio.to_thread(_marked, ROOT / "tests")
    command = commands.pytest(sys.executable, chosen, {**real, **env})
    try:
        await shell.run(command, listen=lambda line: print(line, flush=True))
    except CommandFailed as failed:
        return failed.returncode
    return 0


def _marked(folder: Path) -> tuple[str, ...]:
    """To read the other files too takes longer than some of these tests."""
    files = sorted(folder.rglob("test_*.py"))
    return tuple(str(file) for file in files if "mark.docker" in file.read_text(encoding="utf-8"))


async def _act(verb: str, paths: tuple[str, ...]) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    match verb:
        case "up":
            return await up()
        case "down":
            return await down()
        case "test":
            return await test(paths)
        case _:
            return await run(paths)


@click.command()
@click.argument("verb", type=click.Choice(["run", "up", "down", "test"]), default="run")
@click.argument("paths", nargs=-1)
def main(verb: str, paths: tuple[str, ...]) -> None:
    """RUN the tests marked docker on an engine made for them; or bring it UP and DOWN; or TEST on the one that answers.

    Exit codes: 0 done, 1 failed, 77 this machine cannot (nothing was run), 130 interrupted.
    """
    try:
        code = asyncio.run(_act(verb, paths))
    except asyncio.CancelledError:
        code = INTERRUPTED
    except ShipwayError as error:
        code = _tell(error)
    except OSError as error:
        code = _tell(MachineRefused.of(error))
    raise SystemExit(code)


def _tell(error: ShipwayError) -> int:
    lines = [f"docker-lab: {error.problem}", *(f"  {line}" for line in error.details)]
    if error.remedy:
        lines.append(f"  try: {error.remedy}")
    print("\n".join(lines), file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    main()
