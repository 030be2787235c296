"""Which builder makes the image, why, and what it needs before anything begins."""

import json
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Literal

import pytest

from shipway.actions import builder
from shipway.actions.builder import BaseMissing, Choice
from shipway.actions.session import Session
from shipway.config.load import load
from shipway.docker.errors import DockerDown
from shipway.images.docker import DockerImage
from shipway.images.python import PythonImage
from shipway.shell.shell import Shell
from shipway.testing.scripted_shell import Expect, ScriptedShell

ROOT = Path(__file__).parents[2]
VERSION = "docker version --format '{{json .}}'"
SERVER = json.dumps(
    {
        "Client": {"Version": "28.2.2"},
        "Server": {"Version": "20.10.24", "Os": "linux", "Arch": "amd64"},
    }
)
DOWN = "Cannot connect to the Docker daemon at unix:///d.sock. Is the docker daemon running?"

Named = Literal["python", "docker", "auto"]
BUILDERS: tuple[Named, ...] = ("auto", "docker")


def session(named: Named, target: str, base: str | None, shell: Shell | None = None) -> Session:
    project = load(ROOT / "shipway.yaml")
    image = replace(project.image, builder=named, base=base)
    return Session(
        project=replace(project, image=image),
        target=target,
        shell=shell or ScriptedShell(),
        emit=lambda _event: None,
        run="run",
    )


def for_embedded(session: Session, base: str) -> Session:
    targets = session.project.targets
    own = replace(targets["embedded"], base=base)
    return replace(session, project=replace(session.project, targets={**targets, "embedded": own}))


@pytest.mark.parametrize(
    ("named", "target", "base", "choice"),
    [
        ("python", "kind", "host/python:3.12", Choice("python")),
        ("docker", "kind", None, Choice("docker")),
        (
            "auto",
            "embedded",
            None,
            Choice("python", "no Docker is needed for embedded, which lends its Python"),
        ),
        (
            "auto",
            "kind",
            "host/python:3.12",
            Choice("python", "no Docker is needed on the base host/python:3.12"),
        ),
        (
            "auto",
            "eks",
            None,
            Choice("docker", "image.base is not set, and eks lends no Python"),
        ),
    ],
)
def test_python_builds_wherever_it_can(
    named: Named, target: str, base: str | None, choice: Choice
) -> None:
    assert builder.choose(session(named, target, base)) == choice


def test_each_builder_gets_what_it_builds_from() -> None:
    base = "host/python:3.12"
    assert builder.image(session("docker", "kind", base)) == DockerImage(
        ROOT, PurePath("app"), "sample-app", base=base
    )
    image = builder.image(session("auto", "kind", base))
    assert isinstance(image, PythonImage)
    assert image.base == base


async def test_without_a_base_docker_must_answer(tmp_path: Path) -> None:
    await builder.check(session("auto", "kind", None, ScriptedShell(Expect(VERSION, SERVER))))
    with pytest.raises(BaseMissing) as caught:
        await builder.check(session("auto", "kind", None, ScriptedShell(Expect(VERSION, DOWN, 1))))
    assert (caught.value.exit_code, caught.value.problem, caught.value.details) == (
        2,
        "an image for kind needs a base image: its nodes have no Python of their own",
        ("and Docker cannot build it either: no Docker engine answers at unix:///d.sock",),
    )


async def test_python_without_a_base_is_refused_where_nothing_lends_one() -> None:
    with pytest.raises(BaseMissing) as caught:
        await builder.check(session("python", "kind", None))
    assert caught.value.details == ()


async def test_docker_by_name_says_itself_what_is_missing() -> None:
    with pytest.raises(DockerDown):
        await builder.check(
            session("docker", "kind", None, ScriptedShell(Expect(VERSION, DOWN, 1)))
        )


async def test_where_python_builds_docker_is_not_asked() -> None:
    await builder.check(session("auto", "embedded", None))


async def test_a_base_named_for_the_embedded_target_is_built_on_by_either_builder() -> None:
    base, general = "host/python:3.12", "host/python:3.11"
    auto, by_docker = (session(named, "embedded", general) for named in BUILDERS)
    image = builder.image(auto)
    assert isinstance(image, PythonImage)
    assert image.base is None
    assert builder.image(by_docker) == DockerImage(
        ROOT, PurePath("app"), "sample-app", base=general
    )
    auto, by_docker = (for_embedded(each, base) for each in (auto, by_docker))
    assert builder.choose(auto) == Choice("python", f"no Docker is needed on the base {base}")
    image = builder.image(auto)
    assert isinstance(image, PythonImage)
    assert image.base == base
    assert builder.image(by_docker) == DockerImage(ROOT, PurePath("app"), "sample-app", base=base)
