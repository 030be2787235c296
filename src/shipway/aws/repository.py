"""How ECR names its registries and repositories. Nothing is asked of AWS, and nothing of it is imported."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

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


def region_of(host: str) -> str | None:
    """Of a private registry of ECR; None for every other host."""
    found = _HOST.fullmatch(host)
    return found["region"] if found else None
