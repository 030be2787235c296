"""Whether an engine answers: its client's real words, from docker.io 20.10.24 and the client 28.2.2."""

import pytest

from shipway.commands.command import Command
from shipway.docker.engine import Engine, engine
from shipway.docker.errors import DockerMissing
from shipway.errors import ProgramMissing, ShipwayError
from shipway.shell.shell import Finished, Listener
from shipway.testing.scripted_shell import Expect, ScriptedShell

VERSION = "docker version --format '{{json .}}'"
CLIENT = '{"Client":{"Version":"28.2.2","ApiVersion":"1.50","Os":"linux","Arch":"amd64"},"Server":'


class NoDocker:
    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        raise ProgramMissing(command.argv[0])


async def test_an_engine_that_answers_says_what_it_is() -> None:
    server = '{"Version":"20.10.24+dfsg1","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}}'
    shell = ScriptedShell(Expect(VERSION, CLIENT + server))
    assert await engine(shell) == Engine("20.10.24+dfsg1", "28.2.2", "linux", "amd64")


async def test_without_a_client_there_is_no_engine() -> None:
    with pytest.raises(DockerMissing) as caught:
        await engine(NoDocker())
    assert (caught.value.exit_code, caught.value.problem) == (2, "docker is not on the PATH")


@pytest.mark.parametrize(
    ("said", "problem", "remedy"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
            "Is the docker daemon running?",
            "no Docker engine answers at unix:///var/run/docker.sock",
            "start it: Docker Desktop, or: sudo systemctl start docker",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at "
            'unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/version": '
            "dial unix /var/run/docker.sock: connect: permission denied",
            "this account may not talk to the Docker engine at unix:///var/run/docker.sock",
            "sudo usermod -aG docker $USER, then log in again",
        ),
    ],
)
async def test_an_engine_out_of_reach_is_told_with_the_remedy(
    said: str, problem: str, remedy: str
) -> None:
    with pytest.raises(ShipwayError) as caught:
        await engine(ScriptedShell(Expect(VERSION, f"{CLIENT}null}}\n{said}", returncode=1)))
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        2,
        problem,
        remedy,
    )
