"""A check that said no: its own last words, and how to ask it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shipway.errors import CommandFailed, ShipwayError


@dataclass(eq=False)
class CheckFailed(ShipwayError):
    failure: CommandFailed
    verb: str

    @property
    def problem(self) -> str:
        return self.failure.problem

    @property
    def details(self) -> tuple[str, ...]:
        return self.failure.details

    @property
    def remedy(self) -> str:
        return f"correct it, then: shipway {self.verb}"


@contextmanager
def checking(verb: str) -> Iterator[None]:
    try:
        yield
    except CommandFailed as failure:
        raise CheckFailed(failure, verb) from failure
