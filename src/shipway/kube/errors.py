"""What the Kubernetes API can refuse, said so that a person can act."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import LATER, USAGE, ShipwayError


@dataclass(eq=False)
class ClusterUnreachable(ShipwayError):
    server: str
    reason: str
    start: str  # the command that would bring it up

    @property
    def problem(self) -> str:
        return f"the cluster at {self.server} does not answer: {self.reason}"

    @property
    def remedy(self) -> str:
        return self.start


@dataclass(eq=False)
class NoCluster(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    target: str
    start: str

    @property
    def problem(self) -> str:
        return f"there is no {self.target} cluster to ask"

    @property
    def remedy(self) -> str:
        return self.start


@dataclass(eq=False)
class Stranger(ShipwayError):
    """401: our credentials say who we are, and the cluster knows nobody of that name."""

    target: str
    letting_in: str  # how somebody is made known to it

    @property
    def problem(self) -> str:
        return f"the {self.target} cluster does not know us (401 Unauthorized)"

    @property
    def remedy(self) -> str:
        return self.letting_in


@dataclass(eq=False)
class Forbidden(ShipwayError):
    message: str
    access: str  # the command that shows what we may

    @property
    def problem(self) -> str:
        return f"the cluster refused: {self.message}"

    @property
    def remedy(self) -> str:
        return f"ask an admin of the cluster for that right; what you may do: {self.access}"


@dataclass(eq=False)
class ApiRefused(ShipwayError):
    message: str
    status: int

    @property
    def problem(self) -> str:
        return f"the cluster answered: {self.message}"

    @property
    def remedy(self) -> str | None:
        return LATER if self.status == 429 or self.status >= 500 else None
