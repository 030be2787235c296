"""What every runner does, seen on the host, in a real Docker engine, and in a Dagger engine that this process plays."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.runners.dagger import DaggerRunner
from shipway.runners.docker import DockerRunner
from shipway.runners.host import HostRunner
from shipway.runners.runner import Runner
from shipway.shell.local import LocalShell
from tests.runners.dagger_engine import Engine

PATIENCE = 120  # seconds; a loaded machine starts containers slowly


@dataclass(frozen=True, slots=True)
class Place:
    """A runner, and how to see what it left running."""

    runner: Runner
    shell: LocalShell
    engine: Engine | None = None

    async def running(self) -> list[str]:
        if self.engine:
            return [str(pid) for pid in self.engine.pids if psutil.pid_exists(pid)]
        if isinstance(self.runner, DockerRunner):
            listing = ("docker", "ps", "--all", "--quiet", "--filter", "name=shipway-contract-")
            return (await self.shell.run(Command(listing))).stdout.split()
        return []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    files = {
        "app/check.py": "import os; print(sorted(os.listdir()))\n",
        "app/.env": "PASSWORD=secret\n",
        "outside.txt": "",
        ".gitignore": ".env\nbuild/\n",
        "build/old.txt": "",
        ".venv/pyvenv.cfg": "",
        ".shipway/journal": "",
        "app/__pycache__/check.cpython-311.pyc": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def on_the_host(shell: LocalShell) -> Place:
    return Place(HostRunner(shell), shell)


def by_docker(shell: LocalShell, project: Path, tmp_path: Path) -> Place:
    runner = DockerRunner(
        shell,
        root=project,
        image=os.environ["SHIPWAY_DOCKER_BASE"],
        requirements=(),
        cache=tmp_path / "cache",
        run=f"contract-{tmp_path.name}-{os.getpid()}",
    )
    return Place(runner, shell)


@pytest.fixture(params=["host", pytest.param("docker", marks=pytest.mark.docker), "dagger"])
async def place(
    request: pytest.FixtureRequest,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Place]:
    shell = LocalShell(project)
    await shell.run(Command(("git", "init", "--quiet")))
    match request.param:
        case "host":
            yield on_the_host(shell)
        case "docker":
            yield by_docker(shell, project, tmp_path)
        case _:
            async with Engine(tmp_path / "engine").serving() as engine:
                monkeypatch.setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", str(engine.program()))
                runner = DaggerRunner(
                    shell, root=project, image="python:3.12-slim", requirements=()
                )
                yield Place(runner, shell, engine)
            assert engine.refused == []


@pytest.fixture
def container(place: Place) -> Place:
    if isinstance(place.runner, HostRunner):
        pytest.skip("the host keeps nothing from a check")
    return place


async def ran(place: Place, code: str, folder: str = "app") -> list[str]:
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE):
        await place.runner.run(("python", "-c", code), Path(folder), lines.append)
    return lines


async def test_a_check_runs_in_its_folder(place: Place) -> None:
    assert (await ran(place, "import os; print(os.path.basename(os.getcwd()))")) == ["app"]
    assert (await ran(place, "import os; print(os.path.exists('outside.txt'))", ".")) == ["True"]


async def test_its_lines_come_in_order(place: Place) -> None:
    assert await ran(place, "for n in range(50): print(n)") == [str(n) for n in range(50)]


async def test_lines_of_both_streams_come(place: Place) -> None:
    lines = await ran(place, "import sys; print('out'); print('err', file=sys.stderr)")
    assert sorted(lines) == ["err", "out"]


async def test_a_line_comes_while_the_check_still_runs(place: Place) -> None:
    heard = asyncio.Event()
    code = "import time; print('begun', flush=True); time.sleep(600)"
    task = asyncio.create_task(
        place.runner.run(("python", "-c", code), Path("app"), lambda _line: heard.set())
    )
    async with asyncio.timeout(PATIENCE):
        await heard.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_keeps_the_exit_code_and_the_last_twenty_lines(place: Place) -> None:
    with pytest.raises(CommandFailed) as caught:
        await ran(place, "for n in range(30): print(n)\nraise SystemExit(3)")
    assert caught.value.returncode == 3
    assert caught.value.details == tuple(str(number) for number in range(10, 30))
    assert caught.value.problem.startswith("python -c 'for n in range(30): print(n)")
    assert caught.value.problem.endswith("ended with exit code 3")


async def test_the_same_check_runs_again_after_a_failure(place: Place) -> None:
    for _ in range(2):
        with pytest.raises(CommandFailed):
            await ran(place, "raise SystemExit(1)")
    assert await ran(place, "print('well')") == ["well"]


async def test_a_check_may_write_and_the_project_does_not_change(
    container: Place, project: Path
) -> None:
    await ran(container, "open('made.txt', 'w').write('x'); open('check.py', 'w').close()")
    assert not (project / "app" / "made.txt").exists()
    assert (project / "app" / "check.py").read_text()


async def test_what_git_ignores_is_not_there(container: Place) -> None:
    code = "import os; print(sorted(os.listdir('..')), sorted(os.listdir()))"
    assert await ran(container, code) == ["['.gitignore', 'app', 'outside.txt'] ['check.py']"]


async def test_no_variable_of_the_person_is_passed(
    container: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert await ran(container, "import os; print('AWS_SECRET_ACCESS_KEY' in os.environ)") == [
        "False"
    ]


async def test_a_cancelled_check_leaves_nothing_running(place: Place) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    task = asyncio.create_task(
        place.runner.run(("python", "-c", code), Path("app"), heard.put_nowait)
    )
    async with asyncio.timeout(PATIENCE):
        pid = await heard.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(PATIENCE):
        while await place.running():  # noqa: ASYNC110  # no event tells of a process that ended
            await asyncio.sleep(0.05)
    if isinstance(place.runner, HostRunner):
        assert not psutil.pid_exists(int(pid))
