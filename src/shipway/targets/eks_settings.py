"""What `.env.eks` says, read from the environment into which a person has sourced it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from shipway.aws.repository import Repository
from shipway.errors import USAGE, ShipwayError

NAMES = ("AWS_ACCOUNT_ID", "AWS_REGION", "ECR_REPO_URI", "EKS_CLUSTER_NAME")
SOURCE = "source .env.eks"


@dataclass(eq=False)
class SettingsMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    names: tuple[str, ...]

    @property
    def problem(self) -> str:
        verb = "is" if len(self.names) == 1 else "are"
        return f"{', '.join(self.names)} {verb} not set"

    @property
    def remedy(self) -> str:
        return f"{SOURCE} (shipway setup eks writes it)"


@dataclass(eq=False)
class SettingsDiffer(ShipwayError):
    """The variables do not speak of one place."""

    exit_code: ClassVar[int] = USAGE

    what: str
    uri: str
    name: str
    value: str

    @property
    def problem(self) -> str:
        return f"ECR_REPO_URI is of another {self.what} than {self.name}={self.value}: {self.uri}"

    @property
    def remedy(self) -> str:
        return f"{SOURCE} again: its variables belong together"


@dataclass(eq=False)
class OtherRepository(ShipwayError):
    """shipway.yaml and ECR_REPO_URI name different repositories."""

    exit_code: ClassVar[int] = USAGE

    uri: str
    repository: str

    @property
    def problem(self) -> str:
        return (
            f"ECR_REPO_URI is no repository {self.repository}, which shipway.yaml names: {self.uri}"
        )

    @property
    def remedy(self) -> str:
        return "correct image.repository in shipway.yaml, or ECR_REPO_URI in .env.eks"


@dataclass(frozen=True, slots=True)
class Settings:
    account: str
    region: str
    cluster: str
    registry: str  # the host
    prefix: str  # what stands before the repositories of shipway.yaml

    @classmethod
    def read(cls, variables: Mapping[str, str], repository: str) -> Self:
        """`repository` is the image's in shipway.yaml. Raises what a person has set wrongly."""
        missing = tuple(name for name in NAMES if not variables.get(name))
        if missing:
            raise SettingsMissing(missing)
        account, region, uri, cluster = (variables[name] for name in NAMES)
        found = Repository.parse(uri)
        if found.region != region:
            raise SettingsDiffer("region", uri, "AWS_REGION", region)
        if found.account != account:
            raise SettingsDiffer("account", uri, "AWS_ACCOUNT_ID", account)
        if found.name != repository and not found.name.endswith(f"/{repository}"):
            raise OtherRepository(uri, repository)
        prefix = found.name.removesuffix(repository).rstrip("/")
        return cls(account, region, cluster, found.host, prefix)
