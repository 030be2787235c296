"""Why an environment stays as it is, although somebody wants it to go back."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError
from shipway.model.revision import Revision

LAST_FEW = 5  # revisions, of which it is said why they will not do


def label(revision: Revision) -> str:
    """For people."""
    tag = f" ({revision.tag})" if revision.tag else ""
    return f"revision {revision.number}{tag}"


@dataclass(eq=False)
class NoRevision(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    environment: str
    asked: int
    there: tuple[int, ...]

    @property
    def problem(self) -> str:
        known = ", ".join(map(str, self.there)) or "none"
        return f"{self.environment} has no revision {self.asked}; it has {known}"

    @property
    def remedy(self) -> str:
        return f"shipway history {self.environment}"


@dataclass(eq=False)
class NothingToReturnTo(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    environment: str
    earlier: tuple[tuple[Revision, str], ...]  # newest first, and what is against each
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        if not self.earlier:
            return f"{self.environment} has no earlier revision"
        return (
            f"{self.environment} has no earlier revision that is proven there and differs "
            "from what is there now"
        )

    @property
    def details(self) -> tuple[str, ...]:
        told = (f"{label(each)}: {why}" for each, why in self.earlier[:LAST_FEW])
        return (*told, *self.notes)

    @property
    def remedy(self) -> str:
        name = self.environment
        insisting = f"; or insist: shipway rollback {name} --to REVISION --force --reason TEXT"
        return f"shipway history {name}{insisting if self.earlier else ''}"


@dataclass(eq=False)
class MustStay(ShipwayError):
    """Going back there would be a risk that a person has to take."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    back: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        return f"{self.environment} does not go back to {self.back}: {self.reasons[0]}"

    @property
    def details(self) -> tuple[str, ...]:
        return (*(f"and {each}" for each in self.reasons[1:]), *self.notes)

    @property
    def remedy(self) -> str:
        return f"shipway history {self.environment}; or insist: --force --reason TEXT"


@dataclass(eq=False)
class Unchecked(ShipwayError):
    """The registry does not tell what has to be known before an environment goes back."""

    exit_code: ClassVar[int] = REFUSED

    environment: str
    failure: ShipwayError

    @property
    def problem(self) -> str:
        return f"{self.environment} does not go back unchecked: {self.failure.problem}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.failure.details

    @property
    def remedy(self) -> str:
        first = f"{self.failure.remedy}; or " if self.failure.remedy else ""
        return f"{first}go back without it: --force --reason TEXT"


@dataclass(eq=False)
class Silent(ShipwayError):
    seconds: float

    @property
    def problem(self) -> str:
        return f"the registry gave no answer within {self.seconds:.0f} s"
