"""Is the account prepared for CDK in this region? An SSM parameter holds the version of what CDK put there."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import ShipwayError

STACK = "CDKToolkit"
PARAMETER = "/cdk-bootstrap/hnb659fds/version"
NEEDED = 6  # what today's synthesizer asks of it


@dataclass(eq=False)
class BootstrapOdd(ShipwayError):
    exit_code: ClassVar[int] = 1

    value: str

    @property
    def problem(self) -> str:
        return f"the SSM parameter {PARAMETER} should be a number, not {self.value!r}"

    @property
    def remedy(self) -> str:
        return "find out who wrote it; `cdk bootstrap` writes it anew"


def missing(value: str | None) -> str | None:
    """Why `cdk bootstrap` must run; None when it need not."""
    if value is None:
        return "CDK was never bootstrapped here"
    if not value.isdecimal():
        raise BootstrapOdd(value)
    if int(value) < NEEDED:
        return f"CDK's bootstrap is of version {value}, {NEEDED} is needed"
    return None
