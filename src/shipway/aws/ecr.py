"""Access to ECR: tokens for its registry, good for 12 hours, and the repositories that are there."""

import base64
from dataclasses import dataclass, field
from typing import ClassVar

from shipway.aws.client import Aws
from shipway.errors import USAGE, ShipwayError


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
class Token:
    """Good for 12 hours. `secret` is user name and password together, as Docker's configuration files write them."""

    username: str
    password: str = field(repr=False)
    secret: str = field(repr=False)


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
