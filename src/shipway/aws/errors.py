"""What AWS can refuse, said so that a person can act."""

import re
from dataclasses import dataclass
from typing import ClassVar

from shipway.errors import LATER, USAGE, ShipwayError

LOGIN = "aws sso login, or export fresh keys; then: source .env.eks"


@dataclass(eq=False)
class NoCredentials(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    reason: str

    @property
    def problem(self) -> str:
        return f"no AWS credentials: {self.reason}"

    @property
    def remedy(self) -> str:
        return "aws configure sso, or export AWS_PROFILE=…; then: aws sts get-caller-identity"


@dataclass(eq=False)
class CredentialsExpired(ShipwayError):
    reason: str

    @property
    def problem(self) -> str:
        return f"the AWS credentials have expired: {self.reason}"

    @property
    def remedy(self) -> str:
        return LOGIN


@dataclass(eq=False)
class CredentialsInvalid(ShipwayError):
    reason: str

    @property
    def problem(self) -> str:
        return f"AWS does not accept the credentials: {self.reason}"

    @property
    def remedy(self) -> str:
        return LOGIN


@dataclass(eq=False)
class WrongAccount(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    arn: str
    account: str
    expected: str

    @property
    def problem(self) -> str:
        return (
            f"the credentials are of account {self.account} ({self.arn}), "
            f"AWS_ACCOUNT_ID says {self.expected}"
        )

    @property
    def remedy(self) -> str:
        return "export AWS_PROFILE=… of that account, or source the .env.eks of this one"


@dataclass(eq=False)
class UnknownRegion(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    region: str
    close: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"{self.region} is no region of AWS that we know"

    @property
    def remedy(self) -> str:
        return f"export AWS_REGION={self.close[0] if self.close else '…'}; then: source .env.eks"


@dataclass(eq=False)
class Denied(ShipwayError):
    operation: str
    reason: str

    @property
    def problem(self) -> str:
        return f"AWS does not allow {self.operation}: {self.reason}"

    @property
    def remedy(self) -> str:
        if "explicit deny" in self.reason:
            return f"{self.action} is denied to this identity: have that policy changed, or use another identity"
        return f"give this identity the permission for {self.action}; aws sts get-caller-identity says who it is"

    @property
    def action(self) -> str:
        """The one that is missing: AWS names it where it is not the operation itself."""
        found = re.search(r"not authorized to perform: ([\w-]+:\w+)", self.reason)
        return found[1] if found else self.operation


@dataclass(eq=False)
class Throttled(ShipwayError):
    """Still, after several tries."""

    operation: str

    @property
    def problem(self) -> str:
        return f"AWS throttles {self.operation}, after several tries too"

    @property
    def remedy(self) -> str:
        return LATER


@dataclass(eq=False)
class AwsUnreachable(ShipwayError):
    operation: str
    reason: str

    @property
    def problem(self) -> str:
        return f"AWS does not answer {self.operation}: {self.reason}"

    @property
    def remedy(self) -> str:
        return "check AWS_REGION, the network and its proxy, then try again"


@dataclass(eq=False)
class AwsFails(ShipwayError):
    """It is AWS's own fault, and still, after several tries."""

    operation: str
    code: str
    reason: str

    @property
    def problem(self) -> str:
        return f"AWS fails at {self.operation}, after several tries too: {self.code}: {self.reason}"

    @property
    def remedy(self) -> str:
        return f"{LATER}; https://health.aws.amazon.com says whether it is AWS"


PASSING = (Throttled, AwsUnreachable, AwsFails)
"""What may be over at the next try, and a wait of minutes need not end with."""


@dataclass(eq=False)
class AwsRefused(ShipwayError):
    """An answer that fits no other error of this module."""

    operation: str
    code: str
    reason: str
    request: str = ""  # its id; none where the program of AWS on this machine refused

    @property
    def problem(self) -> str:
        return f"AWS answered {self.operation} with {self.code}: {self.reason}"

    @property
    def remedy(self) -> str:
        known = f"; AWS Support finds it by its request, {self.request}" if self.request else ""
        return f"put right what it names, then try again{known}"
