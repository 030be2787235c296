"""Which account and region we would act in, and whether they are those that were meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shipway.eks.settings import FILE
from shipway.errors import REFUSED, USAGE, ShipwayError

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    region: str
    arn: str  # who we are in it


@dataclass(eq=False)
class NoRegion(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    @property
    def problem(self) -> str:
        return "no AWS region is chosen, and none is chosen for you"

    @property
    def remedy(self) -> str:
        return "export AWS_REGION=eu-central-1, or the region that you want"


@dataclass(eq=False)
class Elsewhere(ShipwayError):
    """The credentials or the region are not those that were meant."""

    exit_code: ClassVar[int] = REFUSED

    what: str  # account or region
    found: str
    expected: str
    variable: str
    source: str

    @property
    def problem(self) -> str:
        return f"this would act in {self.what} {self.found}; {self.variable} in {self.source} says {self.expected}"

    @property
    def remedy(self) -> str:
        there = (
            "export AWS_PROFILE=… of that account"
            if self.what == "account"
            else f"export {self.variable}={self.expected}"
        )
        forget = f"rm {FILE}" if self.source == FILE else f"unset {self.variable}"
        return f"{there}; or, if {self.found} is right: {forget}"


def region(environment: Mapping[str, str], profile: str | None) -> str:
    """As the variables say, else the profile. Raises NoRegion where neither does."""
    named = next((environment[name] for name in REGION_VARIABLES if environment.get(name)), profile)
    if not named:
        raise NoRegion
    return named


def check(found: Account, environment: Mapping[str, str], written: Mapping[str, str]) -> None:
    """Against AWS_ACCOUNT_ID where it is set, and the file of an earlier set-up. Raises Elsewhere."""
    for variable, source, values, what, value in (
        ("AWS_ACCOUNT_ID", "the environment", environment, "account", found.id),
        ("AWS_ACCOUNT_ID", FILE, written, "account", found.id),
        ("AWS_REGION", FILE, written, "region", found.region),
    ):
        expected = values.get(variable)
        if expected and expected != value:
            raise Elsewhere(what, value, expected, variable, source)
