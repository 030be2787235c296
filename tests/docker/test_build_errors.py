"""Every way a build fails, from what the builders printed when it was tried.

`recorded/` holds their output: BuildKit inside Debian's docker.io 20.10.24, buildx 0.24.0 and the legacy builder of
the client 28.2.2, all on the engine 20.10.24. Ports, folders and addresses were renamed.
"""

from pathlib import Path, PurePath

import pytest

from shipway.docker.build_errors import BaseNotPulled, NotPushed, build_error, push_error
from shipway.docker.build_log import BuildLog
from shipway.errors import CommandFailed, ShipwayError

RECORDED = Path(__file__).parent / "recorded"
DOCKERFILE = (RECORDED / "Dockerfile").read_text()
BUILDERS = ("buildkit", "buildx", "legacy")
NETWORK = (
    "check the network of the Docker engine and its proxy, "
    "or name a copy in a registry that it reaches in image.base of shipway.yaml"
)


def failure(lines: list[str]) -> CommandFailed:
    return CommandFailed("docker build app", 1, tuple(lines[-20:]))


def error(builder: str, case: str) -> ShipwayError:
    lines = (RECORDED / builder / f"{case}.txt").read_text().splitlines()
    log = BuildLog(lambda _text: None)
    for line in lines:
        log.hear(line)
    return build_error(failure(lines), log, PurePath("app/Dockerfile"), DOCKERFILE, {})


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_failing_step_is_told_with_its_line_and_its_last_words(builder: str) -> None:
    told = error(builder, "step")
    assert (told.problem, told.remedy, told.details) == (
        'app/Dockerfile:5: RUN ["python", "-c", "print(\'one\'); print(\'two\'); raise … failed: exit code 3',
        "docker build app shows the whole output",
        ("one", "two"),
    )


@pytest.mark.parametrize(
    ("builder", "cause", "details"),
    [
        ("buildkit", '"/nothere" not found: not found', ()),
        ("buildx", '"/nothere" not found: not found', ()),
        (
            "legacy",
            "COPY failed: file not found in build context or excluded by .dockerignore: "
            "stat nothere: file does not exist",
            (
                "COPY failed: file not found in build context or excluded by .dockerignore: "
                "stat nothere: file does not exist",
            ),
        ),
    ],
)
def test_a_file_that_is_not_in_the_context_is_named(
    builder: str, cause: str, details: tuple[str, ...]
) -> None:
    told = error(builder, "copy")
    assert (told.problem, told.details) == (
        f"app/Dockerfile: COPY nothere /x failed: {cause}",
        details,
    )


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_dockerfile_that_cannot_be_read_is_told_by_its_line(builder: str) -> None:
    told = error(builder, "syntax")
    assert (told.exit_code, told.problem, told.remedy) == (
        2,
        "app/Dockerfile:2: unknown instruction: RUNN",
        "correct line 2 of app/Dockerfile",
    )


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("case", "base", "remedy"),
    [
        ("base-refused", "localhost:1/team/none:3", NETWORK),
        ("base-unknown-host", "nowhere.invalid/team/none:3", NETWORK),
        (
            "base-missing",
            "localhost:5001/team/none:3",
            "docker pull localhost:5001/team/none:3 must work: correct image.base in shipway.yaml",
        ),
        (
            "base-login",
            "localhost:5002/team/none:3",
            "docker login localhost:5002, or name an image that may be read in image.base of shipway.yaml",
        ),
    ],
)
def test_a_base_that_cannot_be_pulled_is_named_with_its_way_out(
    builder: str, case: str, base: str, remedy: str
) -> None:
    told = error(builder, case)
    begin = f"the Docker engine cannot pull the base image {base}: "
    assert (told.problem[: len(begin)], told.remedy) == (begin, remedy)


def test_the_reason_of_a_failed_pull_is_the_registrys() -> None:
    reasons = {
        builder: error(builder, "base-missing").problem.partition("none:3: ")[2]
        for builder in BUILDERS
    }
    assert reasons == {
        "buildkit": "localhost:5001/team/none:3: not found",
        "buildx": "localhost:5001/team/none:3: not found",
        "legacy": "manifest for localhost:5001/team/none:3 not found: manifest unknown: "
        "team/none has no manifest 3",
    }


def test_dockers_own_registry_needs_no_name_for_a_login() -> None:
    lines = [
        "Step 1/1 : FROM team/none:3",
        "pull access denied for team/none, repository does not exist or may require 'docker login': denied",
    ]
    log = BuildLog(lambda _text: None)
    for line in lines:
        log.hear(line)
    told = build_error(failure(lines), log, PurePath("app/Dockerfile"), "", {})
    assert told.remedy == (
        "docker login, or name an image that may be read in image.base of shipway.yaml"
    )


@pytest.mark.parametrize(
    ("arguments", "base"),
    [({}, "python:3.12-slim"), ({"PYTHON_IMAGE": "host/python:3.13"}, "host/python:3.13")],
)
def test_a_base_that_is_an_argument_is_told_by_its_value(
    arguments: dict[str, str], base: str
) -> None:
    """The legacy builder prints the Dockerfile's own words."""
    lines = [
        "Step 2/3 : FROM ${PYTHON_IMAGE} AS build",
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    ]
    log = BuildLog(lambda _text: None)
    for line in lines:
        log.hear(line)
    text = "ARG PYTHON_IMAGE=python:3.12-slim\nFROM ${PYTHON_IMAGE} AS build\n"
    told = build_error(failure(lines), log, PurePath("app/Dockerfile"), text, arguments)
    assert isinstance(told, BaseNotPulled)
    assert told.base == base


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_full_disk_is_told_as_such(builder: str) -> None:
    told = error(builder, "full")
    assert (told.problem, told.remedy) == (
        "the Docker engine has no space left: docker build app",
        "docker system df shows what takes it; docker system prune frees what nothing uses",
    )


def test_what_nobody_foresaw_keeps_the_words_of_the_command() -> None:
    words = failure(["something new"])
    assert build_error(words, BuildLog(lambda _text: None), PurePath("Dockerfile"), "", {}) is words


@pytest.mark.parametrize(
    ("said", "problem", "remedy"),
    [
        (
            'Get "http://localhost:5001/v2/": dial tcp 127.0.0.1:5001: connect: connection refused',
            'the Docker engine cannot push to localhost:5001: Get "http://localhost:5001/v2/": '
            "dial tcp 127.0.0.1:5001: connect: connection refused",
            "the engine must reach localhost:5001 by this name (DOCKER_HOST may name another machine): "
            "curl -v localhost:5001/v2/",
        ),
        (
            "no basic auth credentials",
            "localhost:5001 does not let the Docker engine push: no basic auth credentials",
            "check the credentials for localhost:5001, and that they may push",
        ),
        (
            "denied",
            "localhost:5001 does not let the Docker engine push: denied",
            "check the credentials for localhost:5001, and that they may push",
        ),
        (
            "name unknown: The repository with name 'sample-app' does not exist in the registry",
            "the Docker engine cannot push to localhost:5001: name unknown: "
            "The repository with name 'sample-app' does not exist in the registry",
            "create the repository (on EKS: shipway setup eks)",
        ),
        (
            'Get "https://localhost:5001/v2/": http: server gave HTTP response to HTTPS client',
            'the Docker engine cannot push to localhost:5001: Get "https://localhost:5001/v2/": '
            "http: server gave HTTP response to HTTPS client",
            'add "localhost:5001" to insecure-registries in the engine\'s daemon.json',
        ),
    ],
)
def test_a_push_that_fails_says_what_is_in_the_way(said: str, problem: str, remedy: str) -> None:
    refers = "The push refers to repository [localhost:5001/sample-app]"
    told = push_error(CommandFailed("docker push …", 1, (refers, said)), "localhost:5001")
    assert isinstance(told, NotPushed)
    assert (told.problem, told.remedy) == (problem, remedy)
