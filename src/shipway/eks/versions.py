"""May this Kubernetes version be asked for? EKS refuses old ones and asks more money for ageing ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import REFUSED, ShipwayError

STANDARD = "STANDARD_SUPPORT"
EXTENDED = "EXTENDED_SUPPORT"


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of `aws eks describe-cluster-versions`; the dates are ISO, empty where EKS names none."""

    version: str
    support: str
    standard_until: str = ""
    extended_until: str = ""


@dataclass(eq=False)
class VersionNotOffered(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    version: str
    offered: tuple[str, ...]  # in standard support, newest first

    @property
    def problem(self) -> str:
        offered = ", ".join(self.offered) or "no version at all"
        return f"EKS makes no cluster with Kubernetes {self.version}; it offers {offered}"

    @property
    def remedy(self) -> str | None:
        if not self.offered:
            return None
        return f"export EKS_KUBERNETES_VERSION={self.offered[0]}"


def judge(wanted: str, offers: Sequence[Offer]) -> str:
    """What to say of a version that can be had. Raises VersionNotOffered."""
    offer = next((each for each in offers if each.version == wanted), None)
    if offer is None or offer.support not in {STANDARD, EXTENDED}:
        standard = [each.version for each in offers if each.support == STANDARD]
        raise VersionNotOffered(wanted, tuple(sorted(standard, key=number, reverse=True)))
    if offer.support == EXTENDED:
        until = f" until {offer.extended_until}" if offer.extended_until else ""
        return f"warning: Kubernetes {wanted} is in extended support{until}, which costs extra"
    until = f" until {offer.standard_until}" if offer.standard_until else ""
    return f"Kubernetes {wanted}, in standard support{until}"


def number(version: str) -> tuple[int, ...]:
    """Orders versions: 1.9 comes before 1.31."""
    return tuple(int(part) for part in version.split("."))
