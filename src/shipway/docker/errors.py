"""Why the container engine does not do what we ask, read from what its client prints."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import USAGE, CommandFailed, ShipwayError

DOWN = ("cannot connect to the docker daemon", "is the docker daemon running")
DENIED = "permission denied while trying to connect"
FULL = "no space left on device"


@dataclass(eq=False)
class DockerMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "docker is not on the PATH"

    @property
    def remedy(self) -> str:
        return "install Docker: https://docs.docker.com/engine/install/"


@dataclass(eq=False)
class DockerDown(ShipwayError):
    """The client is here, and no engine answers it."""

    exit_code: ClassVar[int] = USAGE

    address: str  # where the client looked

    @property
    def problem(self) -> str:
        return f"no Docker engine answers at {self.address}"

    @property
    def remedy(self) -> str:
        return "start it: Docker Desktop, or: sudo systemctl start docker"


@dataclass(eq=False)
class DockerDenied(ShipwayError):
    """An engine is there, and its socket is not for us."""

    exit_code: ClassVar[int] = USAGE

    address: str

    @property
    def problem(self) -> str:
        return f"this account may not talk to the Docker engine at {self.address}"

    @property
    def remedy(self) -> str:
        return "sudo usermod -aG docker $USER, then log in again"


@dataclass(eq=False)
class DiskFull(ShipwayError):
    command: str
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"the Docker engine has no space left: {self.command}"

    @property
    def remedy(self) -> str:
        return "docker system df shows what takes it; docker system prune frees what nothing uses"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail


def told(failure: CommandFailed) -> ShipwayError:
    """The failure of any docker command by its cause, where its words tell; itself otherwise."""
    said = "\n".join(failure.tail).lower()
    if DENIED in said:
        return DockerDenied(_address(failure.tail))
    if any(words in said for words in DOWN):
        return DockerDown(_address(failure.tail))
    if FULL in said:
        return DiskFull(failure.command, failure.tail)
    return failure


def _address(tail: tuple[str, ...]) -> str:
    """The client names it as unix://… or tcp://…."""
    words = " ".join(tail).replace(". ", " ").split()
    named = [word.strip("\"':,.") for word in words if word.startswith(("unix://", "tcp://"))]
    return named[0] if named else "its socket"
