"""The folder of one drydock: where its files are, who runs it, and how they are written."""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

Facts = TypeVar("Facts")
WantedNode = Literal["auto", "isolated", "loopback"]
"""How pods are to run; `auto` takes the best that the machine can."""


class Hindered(Exception):
    """Something outside of drydock keeps it from running, and a person can do something about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Ports:
    """None leaves the choice to the last run, and then to the system."""

    api: int | None = None
    registry: int | None = None
    ingress: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A running drydock, as status.json tells it. `started` is the process's creation time in seconds."""

    pid: int
    started: float
    api: int
    registry: int
    ingress: int
    version: str
    node: str = ""  # how pods run: isolated or loopback,
    node_because: str = ""  # why so,
    node_lacks: Sequence[str] = ()  # and what that cannot do


@dataclass(frozen=True, slots=True)
class Process:
    """A pid alone may be reused; with its birth it is one process. `started` is seconds since the epoch, for people."""

    pid: int
    started: float
    birth: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    root: Path

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def token(self) -> Path:
        return self.root / "token"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def state(self) -> Path:
        return self.root / "state.db"

    @property
    def registry(self) -> Path:
        return self.root / "registry"

    @property
    def node(self) -> Path:
        return self.root / "node"

    @property
    def ingress(self) -> Path:
        return self.root / "ingress"

    @property
    def log(self) -> Path:
        return self.root / "logs" / "drydock.log"

    def prepare(self) -> None:
        """Only its owner may look inside: the files give power over this machine's processes. Raises Hindered."""
        try:
            if self._of_somebody_else():
                raise Hindered(
                    f"{self.root} is not empty and holds no drydock",
                    "--home with a folder of its own",
                )
            self._prepare()
        except OSError as error:
            raise Hindered(
                f"{self.root} cannot be drydock's home: {error.filename}: {error.strerror}",
                "--home with a folder that you may write to",
            ) from error

    def _of_somebody_else(self) -> bool:
        """It has files, and none of ours: we would close it to others, /etc too."""
        ours = self.state.is_file() or self._ports.is_file()
        return not ours and self.root.exists() and any(self.root.iterdir())

    def _prepare(self) -> None:
        for folder in (self.root, self.pki, self.registry, self.node, self.log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self.state.touch()
        self.state.chmod(0o600)  # SQLite takes it over for the files beside it

    def lock(self) -> int | None:
        """A descriptor that keeps every other drydock out while it is open; None if one is in."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def sign(self, process: Process) -> None:
        """Say who holds the lock."""
        _write(self.root / "pid.json", process)

    def holder(self) -> Process | None:
        return _read(self.root / "pid.json", Process)

    def ports(self) -> Ports:
        """The ports of the last run."""
        return _read(self._ports, Ports) or Ports()

    def status(self) -> Status | None:
        return _read(self.root / "status.json", Status)

    def publish(self, status: Status) -> None:
        ports = Ports(status.api, status.registry, status.ingress)
        _write(self._ports, ports)
        _write(self.root / "status.json", status)

    def withdraw(self) -> None:
        """It is about to end: nobody shall take it for one that is up."""
        (self.root / "status.json").unlink(missing_ok=True)

    def retire(self) -> None:
        """Remove what only a running drydock has."""
        for name in ("status.json", "pid.json"):
            (self.root / name).unlink(missing_ok=True)

    @property
    def _ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def _lock(self) -> Path:
        return self.root / "lock"


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes from the first byte."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _write(path: Path, facts: object) -> None:
    write_private(path, msgspec.json.encode(facts).decode())


def _read(path: Path, kind: type[Facts]) -> Facts | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
