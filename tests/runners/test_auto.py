"""Falling back, and saying why."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shipway.config.project import Runner as Name
from shipway.errors import CommandFailed
from shipway.runners.auto import AutoRunner, look
from shipway.runners.choice import Facts
from shipway.runners.unable import RunnerUnable
from shipway.shell.shell import Listener
from shipway.testing.scripted_shell import Expect, ScriptedShell

ASKED = "docker version --format '{{json .}}'"
ENGINE = json.dumps(
    {
        "Client": {"Version": "28.2.2"},
        "Server": {"Version": "28.2.2", "Os": "linux", "Arch": "amd64"},
    }
)
DOWN = "Cannot connect to the Docker daemon at unix:///run/none.sock. Is the docker daemon running?"


@dataclass
class Told:
    """A runner that runs nothing."""

    where: str
    error: Exception | None = None
    ran: list[tuple[str, ...]] = field(default_factory=list)

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        self.ran.append(tuple(argv))
        await asyncio.sleep(0)
        if self.error:
            raise self.error


def auto(shell: ScriptedShell, **errors: Exception) -> tuple[AutoRunner, dict[Name, Told]]:
    runners: dict[Name, Told] = {
        "dagger": Told("in an image by Dagger", errors.get("dagger")),
        "docker": Told("in an image by Docker", errors.get("docker")),
        "host": Told("on the host", errors.get("host")),
    }
    return AutoRunner(dict(runners), shell), runners


async def test_without_an_engine_checks_run_on_the_host_and_say_so() -> None:
    shell = ScriptedShell(Expect(ASKED, DOWN, 1))
    runner, runners = auto(shell)
    await runner.run(("ruff",), Path(), lambda _line: None)
    assert runner.where == "on the host: no Docker engine answers at unix:///run/none.sock"
    assert [told.ran for told in runners.values()] == [[], [], [("ruff",)]]


async def test_the_machine_is_asked_once_for_all_checks() -> None:
    shell = ScriptedShell(Expect(ASKED, DOWN, 1))
    runner, runners = auto(shell)
    checks = [runner.run((name,), Path(), lambda _line: None) for name in ("ruff", "pytest")]
    await asyncio.gather(*checks)
    assert sorted(runners["host"].ran) == [("pytest",), ("ruff",)]
    assert shell.done


async def test_a_runner_that_cannot_start_is_passed_over_with_its_reason() -> None:
    shell = ScriptedShell(Expect(ASKED, ENGINE))
    unable = RunnerUnable("Dagger", "its engine does not start", "docker info", ("no space",))
    runner, runners = auto(shell, dagger=unable)
    runners["docker"].error = None
    lines: list[str] = []
    for name in ("ruff", "pytest"):
        await runner.run((name,), Path(), lines.append)
    if runners["dagger"].ran:  # where its SDK is installed
        assert runners["dagger"].ran == [("ruff",)]
        assert lines == ["Dagger cannot run checks here: its engine does not start", "no space"]
        assert runner.where == "in an image by Docker: Dagger: its engine does not start"
    assert runners["docker"].ran == [("ruff",), ("pytest",)]


async def test_a_check_that_fails_is_not_tried_elsewhere() -> None:
    failed = CommandFailed("ruff", 1)
    runner, runners = auto(ScriptedShell(Expect(ASKED, ENGINE)), dagger=failed, docker=failed)
    with pytest.raises(CommandFailed):
        await runner.run(("ruff",), Path(), lambda _line: None)
    assert runners["host"].ran == []


async def test_an_engine_that_the_environment_names_is_dagger_s_own() -> None:
    for name in ("DAGGER_SESSION_PORT", "_EXPERIMENTAL_DAGGER_RUNNER_HOST"):
        facts = await look(ScriptedShell(Expect(ASKED, DOWN, 1)), {name: "1"})
        assert facts == Facts(
            sdk=facts.sdk,
            own_engine=True,
            no_engine="no Docker engine answers at unix:///run/none.sock",
        )
