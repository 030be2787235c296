"""What the load balancer controller made in AWS: it lives in the cluster's VPC, which cannot go before it."""

from dataclasses import dataclass

from shipway.commands import aws
from shipway.errors import ShipwayError


@dataclass(frozen=True, slots=True)
class Balancers:
    """By the controller's own tag, which names the cluster."""

    load_balancers: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (
            *(f"load balancer {name}" for name in self.load_balancers),
            *(f"target group {name}" for name in self.target_groups),
            *(f"security group {name}" for name in self.security_groups),
        )


@dataclass(eq=False)
class BalancersStay(ShipwayError):
    left: Balancers
    seconds: float | None  # that were waited; None where no controller is there to wait for
    region: str

    @property
    def problem(self) -> str:
        when = (
            "no controller lives any more, and"
            if self.seconds is None
            else f"after {self.seconds:.0f} s"
        )
        return f"{when} {len(self.left.names)} things in the VPC are still there, and it cannot go before them"

    @property
    def details(self) -> tuple[str, ...]:
        return self.left.names

    @property
    def remedy(self) -> str:
        return (
            f"delete them by hand ({aws.load_balancers(self.region)}), then: shipway teardown eks"
        )
