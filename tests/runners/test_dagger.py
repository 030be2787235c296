"""What Dagger is asked for, and what becomes of an engine that does not do it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shipway.errors import CommandFailed
from shipway.runners.dagger import DaggerFailed, DaggerRunner
from shipway.runners.unable import RunnerUnable
from shipway.shell.local import LocalShell
from tests.runners.dagger_engine import Engine

OTHERWISE = ", or set checks.runner in shipway.yaml to another one"


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """Already there, as under `dagger run`."""
    async with Engine(tmp_path / "engine").serving() as engine:
        monkeypatch.setenv("DAGGER_SESSION_PORT", str(engine.port))
        monkeypatch.setenv("DAGGER_SESSION_TOKEN", engine.token)
        yield engine
    assert engine.refused == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def runner(project: Path, *locks: Path, image: str = "python:3.12-slim") -> DaggerRunner:
    return DaggerRunner(LocalShell(project), root=project, image=image, requirements=locks)


async def run(runner: DaggerRunner, *argv: str) -> list[str]:
    lines: list[str] = []
    await runner.run(argv, Path(), lines.append)
    return lines


async def test_a_session_that_is_there_is_used_and_its_output_comes_at_the_end(
    engine: Engine, project: Path
) -> None:
    (project / "check.py").write_text("print('one')\nprint('two')\n")
    assert await run(runner(project), "python", "check.py") == ["one", "two"]


async def test_a_check_that_failed_runs_again(engine: Engine, project: Path) -> None:
    for _ in range(2):
        with pytest.raises(CommandFailed):
            await run(runner(project), "false")
    assert engine.ran == [["false"], ["false"]]


async def test_an_index_with_a_password_is_for_the_installation_alone(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    engine.env["PIP_NO_INDEX"] = "1"
    lock = project / "requirements.txt"
    lock.write_text("")
    said = await run(runner(project, lock), "python", "-c", "import os; print(sorted(os.environ))")
    assert "PIP_INDEX_URL" not in said[0]
    install = engine.ran[0]
    assert "secret" not in " ".join(install)
    assert install[:4] == ["python", "-m", "pip", "install"]
    assert "--require-hashes" in install
    assert [volume.name for volume in (engine.folder / "volumes").iterdir()] == ["shipway-pip"]


async def test_an_image_that_cannot_be_pulled_is_named(engine: Engine, project: Path) -> None:
    with pytest.raises(RunnerUnable) as caught:
        await run(runner(project, image="python:none"), "true")
    assert caught.value.problem == "Dagger cannot run checks here: python:none cannot be used"
    assert caught.value.details == ("failed to resolve image python:none: no such host",)
    assert caught.value.remedy == f"docker pull python:none{OTHERWISE}"


async def test_a_program_that_the_image_does_not_have_is_named(
    engine: Engine, project: Path
) -> None:
    with pytest.raises(DaggerFailed) as caught:
        await run(runner(project), "no-such-program")
    assert caught.value.problem == (
        "Dagger could not run the check to its end: "
        'exec: "no-such-program": executable file not found in $PATH'
    )


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives the SDK a dagger program that does what a line of shell says."""

    def write(line: str) -> None:
        path = tmp_path / "dagger"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        monkeypatch.setenv("_EXPERIMENTAL_DAGGER_CLI_BIN", str(path))

    return write


async def test_an_engine_that_does_not_start_is_told_with_what_it_said(
    program: Callable[[str], None], project: Path
) -> None:
    program("echo 'failed to run container: no space left on device' >&2; exit 1")
    with pytest.raises(RunnerUnable) as caught:
        await run(runner(project), "true")
    assert caught.value.reason == "its engine does not start"
    assert caught.value.remedy == f"docker info{OTHERWISE}"
    assert caught.value.details[-1] == "failed to run container: no space left on device"


async def test_checks_that_begin_together_start_one_engine_and_hear_the_same(
    program: Callable[[str], None], project: Path, tmp_path: Path
) -> None:
    program(f"echo started >> {tmp_path}/starts; exit 1")
    both = runner(project)
    checks = [run(both, name) for name in ("ruff", "pytest")]
    first, second = await asyncio.gather(*checks, return_exceptions=True)
    assert isinstance(first, RunnerUnable)
    assert first is second
    assert (tmp_path / "starts").read_text() == "started\n"


async def test_a_check_waits_for_another_only_until_the_engine_is_there(
    engine: Engine, project: Path, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)"
    both = runner(project)
    async with asyncio.timeout(60):
        await asyncio.gather(run(both, "python", "-c", wait), run(both, "touch", str(flag)))
    assert len(engine.ran) == 2


async def test_an_engine_that_is_never_ready_is_waited_for_so_long(
    program: Callable[[str], None], project: Path
) -> None:
    program("exec sleep 600")
    checks = DaggerRunner(
        LocalShell(project),
        root=project,
        image="python:3.12-slim",
        requirements=(),
        patience=1,
    )
    with pytest.raises(RunnerUnable) as caught:
        await run(checks, "true")
    assert caught.value.reason == "its engine is not ready after 1 s"


async def test_a_command_line_program_that_cannot_be_downloaded_is_told(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("_EXPERIMENTAL_DAGGER_CLI_BIN", "DAGGER_SESSION_PORT"):
        assert name not in os.environ
    with pytest.raises(RunnerUnable) as caught:
        await run(runner(project), "true")
    assert caught.value.reason == "its command line program cannot be downloaded"
    assert caught.value.remedy == f"check the network{OTHERWISE}"
