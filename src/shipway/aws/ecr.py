"""Access to ECR: tokens for its registry, good for 12 hours, and the repositories that are there."""

import base64
import re
from dataclasses import dataclass, field
from typing import ClassVar, Self

from shipway.aws.client import Aws
from shipway.errors import USAGE, ShipwayError

_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)
_URI = re.compile(rf"{_HOST.pattern}/(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)")


@dataclass(eq=False)
class NotEcr(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    uri: str

    @property
    def problem(self) -> str:
        return f"ECR_REPO_URI is no repository of ECR: {self.uri}"

    @property
    def remedy(self) -> str:
        return "write it as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/sample-app, or: source .env.eks"


@dataclass(eq=False)
class RepositoryMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    name: str
    region: str

    @property
    def problem(self) -> str:
        return f"ECR has no repository {self.name} in {self.region}"

    @property
    def remedy(self) -> str:
        return f"shipway setup eks, or: aws ecr create-repository --repository-name {self.name} --region {self.region}"


@dataclass(frozen=True, slots=True)
class Repository:
    """As ECR_REPO_URI names it."""

    host: str
    account: str
    region: str
    name: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        found = _URI.fullmatch(uri)
        if found is None:
            raise NotEcr(uri)
        return cls(uri.partition("/")[0], found["account"], found["region"], found["name"])


@dataclass(frozen=True, slots=True)
class Token:
    """Good for 12 hours. `secret` is user name and password together, as Docker's configuration files write them."""

    username: str
    password: str = field(repr=False)
    secret: str = field(repr=False)


def region_of(host: str) -> str | None:
    """Of a private registry of ECR; None for every other host."""
    found = _HOST.fullmatch(host)
    return found["region"] if found else None


async def token(aws: Aws) -> Token:
    def ask() -> str:
        return aws.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]

    secret = await aws.ask("ecr:GetAuthorizationToken", ask)
    username, _, password = base64.b64decode(secret).decode().partition(":")
    return Token(username, password, secret)


async def require(aws: Aws, name: str) -> None:
    """Raises RepositoryMissing."""

    def ask() -> bool:
        try:
            aws.ecr.describe_repositories(repositoryNames=[name])
        except aws.ecr.exceptions.RepositoryNotFoundException:
            return False
        return True

    if not await aws.ask("ecr:DescribeRepositories", ask):
        raise RepositoryMissing(name, aws.region)
