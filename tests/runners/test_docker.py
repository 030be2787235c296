"""Every line that the Docker runner gives, and what it makes of the answers."""

import json
from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.images.source import listing
from shipway.runners.docker import QUESTION, DockerRunner
from shipway.runners.unable import RunnerUnable
from shipway.shell.shell import Finished, Listener
from shipway.testing.scripted_shell import Expect, ScriptedShell

IMAGE = "python:3.12-slim"
LOOK = "docker image inspect --format '{{json .}}'"
FOUND = json.dumps(
    {"Id": "sha256:1", "Os": "linux", "Architecture": "amd64", "Config": {"Env": ["PATH=/bin"]}}
)
ABSENT = "Error: No such image: python:3.12-slim"
DOWN = "Cannot connect to the Docker daemon at unix:///run/none.sock. Is the docker daemon running?"
CREATE = "docker create --name shipway-run-1 --workdir /src/app --entrypoint '' sha256:1 ruff check"
START = "docker start --attach shipway-run-1"
STATE = "docker container inspect --format '{{json .State}}' shipway-run-1"
REMOVE = "docker rm --force --volumes shipway-run-1"


class Copying:
    """The scripted shell, with the name of the scratch folder taken out of `docker cp`, and git's answer."""

    def __init__(self, *script: Expect | str) -> None:
        self.script = ScriptedShell(*script)

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        if command.argv[0] == "git":
            assert command.argv == listing((".",), cwd=Path()).argv
            return Finished(command, "app/service.py\0", "")
        if command.argv[:2] == ("docker", "cp"):
            command = Command(("docker", "cp", "FOLDER", command.argv[3]))
        return await self.script.run(command, listen=listen)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "service.py").touch()
    return tmp_path


def runner(shell: Copying, project: Path) -> DockerRunner:
    return DockerRunner(
        shell,
        root=project,
        image=IMAGE,
        requirements=(),
        cache=project / "cache",
        run="run",
        patience=5,
    )


async def test_a_check_is_a_container_that_is_made_filled_run_and_removed(project: Path) -> None:
    shell = Copying(
        Expect(f"{LOOK} {IMAGE}", FOUND),
        CREATE,
        "docker cp FOLDER shipway-run-1:/src",
        Expect(START, "All checks passed!\n"),
        REMOVE,
    )
    lines: list[str] = []
    await runner(shell, project).run(("ruff", "check"), Path("app"), lines.append)
    assert lines == ["All checks passed!"]
    assert shell.script.done


async def test_a_failed_check_is_told_as_the_check_and_its_container_is_removed(
    project: Path,
) -> None:
    shell = Copying(
        Expect(f"{LOOK} {IMAGE}", FOUND),
        CREATE,
        "docker cp FOLDER shipway-run-1:/src",
        Expect(START, "F401\n", 3),
        Expect(STATE, json.dumps({"Running": False, "ExitCode": 3})),
        REMOVE,
    )
    with pytest.raises(CommandFailed) as caught:
        await runner(shell, project).run(("ruff", "check"), Path("app"), lambda _line: None)
    assert caught.value.problem == "ruff check ended with exit code 3"
    assert caught.value.details == ("F401",)
    assert shell.script.done


async def test_an_image_that_is_not_there_is_pulled(project: Path) -> None:
    shell = Copying(
        Expect(f"{LOOK} {IMAGE}", ABSENT, 1),
        f"docker pull --quiet {IMAGE}",
        Expect(f"{LOOK} {IMAGE}", FOUND),
        CREATE,
        "docker cp FOLDER shipway-run-1:/src",
        START,
        REMOVE,
    )
    await runner(shell, project).run(("ruff", "check"), Path("app"), lambda _line: None)
    assert shell.script.done


@pytest.mark.parametrize(
    ("script", "problem", "remedy"),
    [
        (
            [
                Expect(f"{LOOK} {IMAGE}", ABSENT, 1),
                Expect(f"docker pull --quiet {IMAGE}", "Error: no such host", 1),
            ],
            "Docker cannot run checks here: python:3.12-slim cannot be pulled",
            "docker pull python:3.12-slim, or name another image in checks.image, "
            "or set checks.runner in shipway.yaml to another one",
        ),
        (
            [Expect(f"{LOOK} {IMAGE}", DOWN, 1)],
            "Docker cannot run checks here: no Docker engine answers at unix:///run/none.sock",
            "start it: Docker Desktop, or: sudo systemctl start docker, "
            "or set checks.runner in shipway.yaml to another one",
        ),
    ],
)
async def test_what_cannot_be_prepared_is_asked_for_once_and_told_with_a_remedy(
    project: Path, script: list[Expect], problem: str, remedy: str
) -> None:
    shell = Copying(*script)
    checks = runner(shell, project)
    for _ in range(2):
        with pytest.raises(RunnerUnable) as caught:
            await checks.run(("ruff", "check"), Path("app"), lambda _line: None)
        assert (caught.value.problem, caught.value.remedy) == (problem, remedy)
    assert shell.script.done


async def test_an_image_without_a_usable_python_is_refused(project: Path) -> None:
    lock = project / "requirements.txt"
    lock.write_text("")
    for answer, problem in (
        (Expect("", "no python", 127), "it has no python that runs"),
        (Expect("", "3.12 ?\n"), "its C library is not GNU's, which the wheels are for"),
    ):
        asked = Command(
            (
                *("docker", "run", "--rm", "--network", "none"),
                *("--entrypoint", "python", "sha256:1", "-c", QUESTION),
            )
        )
        found = Answering(FOUND, str(asked), answer)
        checks = DockerRunner(
            found, root=project, image=IMAGE, requirements=[lock], cache=project, run="run"
        )
        with pytest.raises(RunnerUnable) as caught:
            await checks.run(("ruff",), Path("app"), lambda _line: None)
        assert caught.value.reason == f"{IMAGE} cannot hold the checks: {problem}"


class Answering:
    """Has the base image, no image made of it, and one answer about its Python."""

    def __init__(self, image: str, question: str, answer: Expect) -> None:
        self._image, self._question, self._answer = image, question, answer

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        line = str(command)
        if line == f"{LOOK} {IMAGE}":
            return Finished(command, self._image, "")
        if line == self._question and self._answer.returncode == 0:
            return Finished(command, self._answer.stdout, "")
        code = self._answer.returncode if line == self._question else 1
        raise CommandFailed(line, code, ("Error: No such image",))
