"""The exact lines with which an image is built and sent."""

from pathlib import PurePath

import pytest

from shipway.commands import docker, git
from shipway.commands.command import Command
from shipway.commands.docker import Build

IMAGE = Build(PurePath("app"), "sample-app:shipway-1a2b3c4d", {"REVISION": "c0ffee"})


@pytest.mark.parametrize(
    ("command", "line", "env"),
    [
        (
            docker.build("buildx", IMAGE),
            "docker buildx build --provenance=false --sbom=false --load --progress plain "
            "--tag sample-app:shipway-1a2b3c4d --build-arg REVISION=c0ffee app",
            {},
        ),
        (
            docker.build("buildkit", IMAGE),
            "docker build --progress plain "
            "--tag sample-app:shipway-1a2b3c4d --build-arg REVISION=c0ffee app",
            {"DOCKER_BUILDKIT": "1"},
        ),
        (
            docker.build("legacy", IMAGE),
            "docker build --force-rm "
            "--tag sample-app:shipway-1a2b3c4d --build-arg REVISION=c0ffee app",
            {"DOCKER_BUILDKIT": "0"},
        ),
        (docker.buildx_version(), "docker buildx version", {}),
        (
            docker.tag("sha256:aa", "localhost:5001/a:b"),
            "docker tag sha256:aa localhost:5001/a:b",
            {},
        ),
        (
            docker.push("localhost:5001/a:b", {"DOCKER_CONFIG": "/private"}),
            "docker push localhost:5001/a:b",
            {"DOCKER_CONFIG": "/private"},
        ),
        (docker.remove_image("localhost:5001/a:b"), "docker image rm localhost:5001/a:b", {}),
        (
            docker.engine_address(),
            "docker context inspect --format '{{.Endpoints.docker.Host}}'",
            {},
        ),
        (git.last_change(PurePath("app")), "git log -1 '--format=%H %cI' -- app", {}),
        (
            git.changes(PurePath("app")),
            "git status --porcelain --untracked-files=normal -- app",
            {},
        ),
        (git.origin(), "git remote get-url origin", {}),
    ],
)
def test_a_command_is_exactly_this_line(command: Command, line: str, env: dict[str, str]) -> None:
    assert (str(command), command.env) == (line, env)
