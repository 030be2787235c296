"""Why an image could not be built or sent, read from what the builders and the engine print."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from shipway.docker import dockerfile
from shipway.docker.build_log import BuildLog, Step
from shipway.docker.errors import told
from shipway.errors import USAGE, CommandFailed, ShipwayError

REFUSED = (
    "no basic auth credentials",
    "authorization failed",
    "unauthorized",
    "403 forbidden",
    "denied",
)
MISSING = ("not found", "manifest unknown", "does not exist")
SHOWN = 60  # characters of an instruction: the line's number leads to the rest
NO_TLS = "server gave http response to https client"


@dataclass(eq=False)
class DockerfileMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    file: PurePath

    @property
    def problem(self) -> str:
        return f"{self.file} is not there, and the docker builder builds from it"

    @property
    def remedy(self) -> str:
        return "write one, or set image.builder: python in shipway.yaml"


@dataclass(eq=False)
class DockerfileWrong(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    file: PurePath
    line: int
    says: str

    @property
    def problem(self) -> str:
        return f"{self.file}:{self.line}: {self.says}"

    @property
    def remedy(self) -> str:
        return f"correct line {self.line} of {self.file}"


@dataclass(eq=False)
class StepFailed(ShipwayError):
    """`line` is None where the Dockerfile does not say the step in these words, as after a substitution."""

    file: PurePath
    line: int | None
    instruction: str
    cause: str
    said: tuple[str, ...]

    @property
    def problem(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        step = textwrap.shorten(self.instruction, SHOWN, placeholder=" …")
        return f"{where}: {step} failed: {self.cause}"

    @property
    def remedy(self) -> str:
        return f"docker build {self.file.parent} shows the whole output"

    @property
    def details(self) -> tuple[str, ...]:
        return self.said


@dataclass(eq=False)
class BaseNotPulled(ShipwayError):
    base: str
    reason: str

    @property
    def problem(self) -> str:
        return f"the Docker engine cannot pull the base image {self.base}: {self.reason}"

    @property
    def remedy(self) -> str:
        said = self.reason.lower()
        if any(words in said for words in REFUSED):
            login = " ".join(["docker login", *_host(self.base)])
            return f"{login}, or name an image that may be read in image.base of shipway.yaml"
        if any(words in said for words in MISSING):
            return f"docker pull {self.base} must work: correct image.base in shipway.yaml"
        return (
            "check the network of the Docker engine and its proxy, "
            "or name a copy in a registry that it reaches in image.base of shipway.yaml"
        )


@dataclass(eq=False)
class NotPushed(ShipwayError):
    host: str
    reason: str

    @property
    def problem(self) -> str:
        said = self.reason.lower()
        if any(words in said for words in REFUSED):
            return f"{self.host} does not let the Docker engine push: {self.reason}"
        return f"the Docker engine cannot push to {self.host}: {self.reason}"

    @property
    def remedy(self) -> str:
        said = self.reason.lower()
        if any(words in said for words in REFUSED):
            return f"check the credentials for {self.host}, and that they may push"
        if any(words in said for words in MISSING):
            return "create the repository (on EKS: shipway setup eks)"
        if NO_TLS in said:
            return f'add "{self.host}" to insecure-registries in the engine\'s daemon.json'
        return (
            f"the engine must reach {self.host} by this name (DOCKER_HOST may name another machine): "
            f"curl -v {self.host}/v2/"
        )


def build_error(
    failure: CommandFailed,
    log: BuildLog,
    file: PurePath,
    text: str,
    arguments: Mapping[str, str],
) -> ShipwayError:
    """`text` is what the Dockerfile `file` says, `arguments` what it was built with."""
    known = told(failure)
    if known is not failure:
        return known
    if wrong := dockerfile.parse_error(failure.tail):
        return DockerfileWrong(file, *wrong)
    step = log.failed
    if step is None:
        return failure
    reason = step.cause or _last_words(failure)
    if base := _base(step):
        return BaseNotPulled(dockerfile.filled(base, text, arguments), reason)
    line = dockerfile.line_of(text, step.instruction)
    return StepFailed(file, line, step.instruction, reason, tuple(step.said))


def push_error(failure: CommandFailed, host: str) -> ShipwayError:
    known = told(failure)
    return NotPushed(host, _last_words(failure)) if known is failure else known


def _base(step: Step) -> str | None:
    """The image that a step wanted from a registry."""
    words = step.name.removeprefix("[internal] load metadata for ")
    if words != step.name:
        return words
    kind, _, rest = step.instruction.partition(" ")
    return rest.partition(" ")[0].partition("@")[0] if kind == "FROM" else None


def _last_words(failure: CommandFailed) -> str:
    return next((line for line in reversed(failure.tail) if line.strip()), failure.problem)


def _host(image: str) -> list[str]:
    """None for Docker's own registry, which `docker login` knows."""
    host, slash, _ = image.partition("/")
    named = slash and ("." in host or ":" in host or host == "localhost")
    return [host] if named and host != "docker.io" else []
