"""What stands in a new stack's way: things of the same name that somebody else made."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import aws
from shipway.errors import REFUSED, ShipwayError


@dataclass(frozen=True, slots=True)
class Existing:
    """What the account has, of what the stack would make."""

    repositories: tuple[str, ...] = ()
    cluster: str | None = None
    provider: str | None = None  # its ARN


@dataclass(eq=False)
class InTheWay(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    existing: Existing
    stack: str
    region: str

    @property
    def problem(self) -> str:
        return f"there is no stack {self.stack}, but what it would make is there already: {', '.join(self._names)}"

    @property
    def details(self) -> tuple[str, ...]:
        """One line for each: how it goes, or how it stays."""
        there, region = self.existing, self.region
        lines = [
            f"{name}, if nobody needs its images: {aws.delete_repository(name, region)}"
            for name in there.repositories
        ]
        if there.cluster:
            lines.append(
                f"{there.cluster}: choose another name, export EKS_CLUSTER_NAME=…, "
                f"or if nobody needs it: {aws.delete_cluster(there.cluster, region)}"
            )
        if there.provider:
            lines.append(
                f"the provider, of which an account has one: export EKS_GITHUB_PROVIDER_ARN={there.provider}"
            )
        return tuple(lines)

    @property
    def remedy(self) -> str:
        return "one of the above for each, then: shipway setup eks"

    @property
    def _names(self) -> list[str]:
        names = [f"the repository {name}" for name in self.existing.repositories]
        if self.existing.cluster:
            names.append(f"the cluster {self.existing.cluster}")
        if self.existing.provider:
            names.append("GitHub's OIDC provider")
        return names


def check(existing: Existing, stack: str, region: str) -> None:
    """Raises InTheWay unless the account has nothing of it."""
    if existing != Existing():
        raise InTheWay(existing, stack, region)
