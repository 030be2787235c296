"""What can go wrong, as facts: a problem, a remedy, an exit code."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

FAILED = 1
USAGE = 2
REFUSED = 3
INTERRUPTED = 130

LATER = "try again in a minute"
"""The remedy where somebody else's service is too busy, after we have tried several times."""


@dataclass(eq=False)
class ShipwayError(Exception):
    """Something a person can act on. Subclasses hold facts and make `problem` and `remedy` from them."""

    exit_code: ClassVar[int] = FAILED

    @property
    def problem(self) -> str:
        raise NotImplementedError

    @property
    def remedy(self) -> str | None:
        """A command or an edit; None only where the problem already says it."""
        return None

    @property
    def details(self) -> tuple[str, ...]:
        """Lines that prove the problem: a command's last output, a pod's log."""
        return ()

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class CommandFailed(ShipwayError):
    """A program that we started said no."""

    command: str
    returncode: int
    tail: tuple[str, ...] = field(default=())

    @property
    def problem(self) -> str:
        return f"{self.command} ended with exit code {self.returncode}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail


@dataclass(eq=False)
class ProgramMissing(ShipwayError):
    """A program that we need is not on this machine."""

    exit_code: ClassVar[int] = USAGE

    program: str

    @property
    def problem(self) -> str:
        return f"{self.program} is not installed"

    @property
    def remedy(self) -> str:
        return "make setup"


@dataclass(eq=False)
class MachineRefused(ShipwayError):
    """The machine would not: no space, no permission, no such file."""

    reason: str
    path: str

    @classmethod
    def of(cls, error: OSError) -> Self:
        return cls(error.strerror or str(error), str(error.filename or ""))

    @property
    def problem(self) -> str:
        return f"{self.reason}: {self.path}" if self.path else self.reason

    @property
    def remedy(self) -> str:
        return "shipway doctor"


@dataclass(eq=False)
class BadVariable(ShipwayError):
    """An environment variable with a value that we cannot use."""

    exit_code: ClassVar[int] = USAGE

    name: str
    value: str
    expected: str

    @property
    def problem(self) -> str:
        return f'{self.name} is "{self.value}": it should be {self.expected}'

    @property
    def remedy(self) -> str:
        return f"unset {self.name}"
