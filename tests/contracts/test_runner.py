"""What every runner does, seen on the host, in a real Docker engine, and in a Dagger engine that this process plays."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
from tests.images.conftest import lock_line, make_wheel
from tests.runners.dagger_engine import Engine

PATIENCE = 60  # seconds; a loaded machine starts containers slowly


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


def pip_settings() -> dict[str, str]:
    """Those of the test, as an image may have them."""
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def on_the_host(shell: LocalShell) -> Place:
    return Place(HostRunner(shell), shell)


def by_docker(shell: LocalShell, project: Path, tmp_path: Path, locks: list[Path]) -> Place:
    runner = DockerRunner(
        shell,
        root=project,
        image=os.environ["SHIPWAY_DOCKER_BASE"],
        requirements=locks,
        cache=tmp_path / "cache",
        run=f"contract-{tmp_path.name}-{os.getpid()}",
    )
    return Place(runner, shell)


@pytest.fixture
def locks() -> list[Path]:
    """None: most checks need nothing but Python."""
    return []


@pytest.fixture(params=["host", pytest.param("docker", marks=pytest.mark.docker), "dagger"])
async def place(
    request: pytest.FixtureRequest,
    project: Path,
    locks: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Place]:
    shell = LocalShell(project)
    await shell.run(Command(("git", "init", "--quiet")))
    match request.param:
        case "host":
            yield on_the_host(shell)
        case "docker":
            yield by_docker(shell, project, tmp_path, locks)
        case _:
            async with Engine(tmp_path / "engine", env=pip_settings()).serving() as engine:
                monkeypatch.setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", str(engine.program()))
                runner = DaggerRunner(
                    shell, root=project, image="python:3.12-slim", requirements=locks
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


@asynccontextmanager
async def begun(place: Place, code: str) -> AsyncIterator[str]:
    """The first line of a check that does not end; cancelled afterwards."""
    first: asyncio.Queue[str] = asyncio.Queue()
    check = asyncio.create_task(
        place.runner.run(("python", "-c", code), Path("app"), first.put_nowait)
    )
    hearing = asyncio.create_task(first.get())
    await asyncio.wait([check, hearing], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    try:
        if check.done():
            await check
        assert hearing.done(), f"nothing was heard in {PATIENCE} s"
        yield hearing.result()
    finally:
        hearing.cancel()
        check.cancel()
        with suppress(asyncio.CancelledError):
            await check


async def test_a_check_runs_in_its_folder(place: Place) -> None:
    assert (await ran(place, "import os; print(os.path.basename(os.getcwd()))")) == ["app"]


async def test_the_lines_of_both_streams_come_each_in_its_order(place: Place) -> None:
    code = "import sys\nfor n in range(50): print(n, file=sys.stderr if n % 5 else sys.stdout)"
    lines = [int(line) for line in await ran(place, code, ".")]
    assert [n for n in lines if n % 5 == 0] == list(range(0, 50, 5))
    assert [n for n in lines if n % 5] == [n for n in range(50) if n % 5]


async def test_a_line_comes_while_the_check_still_runs(place: Place) -> None:
    code = "import time; print('begun', flush=True); time.sleep(600)"
    async with begun(place, code) as line:
        assert line == "begun"


async def test_a_failure_keeps_the_exit_code_and_the_last_twenty_lines(place: Place) -> None:
    with pytest.raises(CommandFailed) as caught:
        await ran(place, "for n in range(30): print(n)\nraise SystemExit(3)")
    assert caught.value.returncode == 3
    assert caught.value.details == tuple(str(number) for number in range(10, 30))
    assert caught.value.problem.startswith("python -c 'for n in range(30): print(n)")
    assert caught.value.problem.endswith("ended with exit code 3")


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
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    async with begun(place, code) as pid:
        assert place.engine is None or await place.running()
    async with asyncio.timeout(PATIENCE):
        while await place.running():  # noqa: ASYNC110  # no event tells of a process that ended
            await asyncio.sleep(0.05)
    if isinstance(place.runner, HostRunner):
        assert not psutil.pid_exists(int(pid))


class TestWithLocks:
    @pytest.fixture
    def locks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        """Two locks with a wheel each, which pip finds in a folder."""
        wheels = tmp_path / "wheels"
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
        locks = []
        for name in ("greeting", "parting"):
            files = {
                f"{name}.py": f"def main():\n    print('{name}')\n",
                f"{name}-1.0.dist-info/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
            }
            lock = tmp_path / f"{name}.txt"
            lock.write_text(lock_line(make_wheel(wheels, name, "1.0", files)))
            locks.append(lock)
        return locks

    async def test_modules_and_programs_of_the_locks_are_there(self, container: Place) -> None:
        lines: list[str] = []
        await container.runner.run(("greeting",), Path("app"), lines.append)
        assert lines[-1] == "greeting"  # after what pip says
        assert await ran(container, "import parting; parting.main()") == ["parting"]
