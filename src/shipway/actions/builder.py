"""The builder that the project's image asks for, and what it needs to be there."""

import os
from dataclasses import dataclass
from typing import ClassVar, Literal

from shipway.actions.session import Session
from shipway.docker.build_errors import DockerfileMissing
from shipway.docker.engine import engine
from shipway.docker.errors import DockerDenied, DockerDown, DockerMissing
from shipway.errors import USAGE, BadVariable, ShipwayError
from shipway.images import docker
from shipway.images.docker import DockerImage
from shipway.images.python import PythonImage

BASE = "docker.io/library/python:3.12-slim"


@dataclass(frozen=True, slots=True)
class Choice:
    builder: Literal["python", "docker"]
    why: str = ""  # where nobody named one


@dataclass(eq=False)
class BaseMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    target: str
    docker: str = ""  # why the docker builder, which was asked too, is no way out

    @property
    def problem(self) -> str:
        return (
            f"an image for {self.target} needs a base image: its nodes have no Python of their own"
        )

    @property
    def remedy(self) -> str:
        return f"set image.base in shipway.yaml to a Python base image with its registry, such as {BASE}"

    @property
    def details(self) -> tuple[str, ...]:
        return (f"and Docker cannot build it either: {self.docker}",) if self.docker else ()


def choose(session: Session) -> Choice:
    """Python wherever it can build: it needs nothing, and the same source gives the same digest."""
    named, base = session.project.image.builder, _base(session)
    if named != "auto":
        return Choice(named)
    if base is not None:
        return Choice("python", f"no Docker is needed on the base {base}")
    if session.provider.host_images:
        return Choice("python", f"no Docker is needed for {session.target}, which lends its Python")
    return Choice("docker", f"image.base is not set, and {session.target} lends no Python")


def image(session: Session) -> PythonImage | DockerImage:
    if choose(session).builder == "docker":
        return _docker(session)
    project = session.project
    definition = project.image
    return PythonImage(
        source=project.root / definition.source,
        packages=definition.packages,
        requirements=project.root / definition.requirements,
        entrypoint=definition.entrypoint,
        port=definition.port,
        labels={"org.opencontainers.image.title": project.name},
        base=_base(session),
        epoch=_epoch() or 0,
    )


async def check(session: Session) -> None:
    """What the builder needs is there: a base image, or a Dockerfile and an engine that answers."""
    choice = choose(session)
    if choice.builder == "python":
        if _base(session) is None and not session.provider.host_images:
            raise BaseMissing(session.target)
        return
    try:
        docker.check(_docker(session))
        await engine(session.shell)
    except (DockerfileMissing, DockerMissing, DockerDown, DockerDenied) as missing:
        if not choice.why:
            raise
        raise BaseMissing(session.target, missing.problem) from missing


def _base(session: Session) -> str | None:
    """What the python builder builds on. Where nodes lend their Python, only what was named for them."""
    general = None if session.provider.host_images else session.project.image.base
    return session.project.targets[session.target].base or general


def _docker(session: Session) -> DockerImage:
    project = session.project
    return DockerImage(
        root=project.root,
        source=project.image.source,
        repository=project.image.repository,
        base=project.targets[session.target].base or project.image.base,
        epoch=_epoch(),
    )


def _epoch() -> int | None:
    """The time of every file in the image: https://reproducible-builds.org/specs/source-date-epoch/."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadVariable("SOURCE_DATE_EPOCH", text, "a number of seconds since 1970")
    return int(text)
