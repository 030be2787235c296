"""Where containers run: what the node asks of each way to run them."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from drydock.node.images import Image
from drydock.node.island import Island
from drydock.node.unpack import Ownership
from drydock.resources import Object

ModeName = Literal["isolated", "loopback"]


@dataclass(frozen=True, slots=True)
class Mode:
    """How pods run here, why so, and what that cannot do."""

    name: ModeName
    because: str
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stdio:
    """A process's three descriptors. They stay the caller's to close."""

    stdin: int
    stdout: int
    stderr: int


class CannotStart(Exception):
    """The program could not be executed; the message is what a container runtime would say."""


class CannotIsolate(Exception):
    """The pod's surroundings could not be made."""


class Process(Protocol):
    """A running program, with whatever belongs to it."""

    @property
    def pid(self) -> int:
        """On the host."""
        ...

    @property
    def returncode(self) -> int | None:
        """Negative: the signal that ended it. None while it runs."""
        ...

    async def wait(self) -> int: ...

    async def end(self, grace: float) -> int:
        """SIGTERM, and SIGKILL when it has not ended after `grace` seconds."""
        ...

    def signal(self, number: signal.Signals) -> None: ...


class Bundle(Protocol):
    """A container ready to start."""

    async def start(self, stdio: Stdio) -> Process:
        """Its program. stdin is a terminal where the container has one, and becomes its own. Raises CannotStart."""
        ...

    async def exec(self, command: Sequence[str], stdio: Stdio, *, terminal: bool) -> Process:
        """Another program beside it, in the same surroundings. With `terminal`, stdin is a terminal, and becomes the
        program's own. Raises CannotStart.
        """
        ...

    def last_words(self) -> str:
        """What the program left in its termination message."""
        ...


class Sandbox(Protocol):
    """What the containers of one pod share."""

    @property
    def island(self) -> Island | None:
        """The pod's own network, once it is open; None where pods share the host's."""
        ...

    @property
    def base(self) -> int | None:
        """The host's uid and gid of the containers' user 0; None where containers have only us."""
        ...

    async def open(self) -> None:
        """Raises CannotIsolate."""
        ...

    def bundle(
        self, image: Image, container: Object, env: Mapping[str, str], restart: int
    ) -> Bundle:
        """`env` is what the pod says. Raises Refused for what cannot run here."""
        ...

    async def close(self) -> None: ...


class Runtime(Protocol):
    """It can run containers until it is stopped."""

    mode: Mode

    @property
    def images_folder(self) -> str:
        """Below the node's home: an image unpacked for one way may be useless for another."""
        ...

    @property
    def ownership(self) -> Ownership: ...

    async def lost(self) -> None:
        """Returns never; raises CannotIsolate when containers can no longer run."""
        ...

    async def stop(self) -> None:
        """Call it when all processes have ended."""
        ...

    def sandbox(self, pod: Object, *, ip: str, folder: Path, proxy: str) -> Sandbox: ...
