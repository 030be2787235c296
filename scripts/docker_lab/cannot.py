"""Why a machine cannot have a lab. It is no failure of ours, and has an exit code of its own."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError

CANNOT = 77  # automake's word for "skipped"


@dataclass(eq=False)
class Cannot(ShipwayError):
    exit_code: ClassVar[int] = CANNOT

    reason: str
    tail: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        return f"no Docker lab on this machine, no test marked docker was run: {self.reason}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail


@dataclass(eq=False)
class NothingRun(ShipwayError):
    """Something is missing that we do not fetch into the system unasked."""

    exit_code: ClassVar[int] = CANNOT

    why: ShipwayError
    otherwise: str = ""  # another way

    @property
    def problem(self) -> str:
        return f"no test marked docker was run: {self.why.problem}"

    @property
    def details(self) -> tuple[str, ...]:
        return self.why.details

    @property
    def remedy(self) -> str:
        return "; ".join(filter(None, (self.why.remedy, self.otherwise)))


@dataclass(eq=False)
class BaseMissing(ShipwayError):
    exit_code: ClassVar[int] = CANNOT

    image: str
    variable: str
    tail: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"{self.image}, which the tests build on, cannot be pulled"

    @property
    def details(self) -> tuple[str, ...]:
        return self.tail

    @property
    def remedy(self) -> str:
        return f"name another image with Python and pip: export {self.variable}=…"


@dataclass(eq=False)
class AlreadyUp(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    folder: str

    @property
    def problem(self) -> str:
        return f"a Docker lab of this clone is up already, in {self.folder}"

    @property
    def remedy(self) -> str:
        return "make docker-lab ARGS=down"
