"""Whom a role lets in: the subjects of GitHub's tokens that its trust names."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from boto3.session import Session

from shipway.aws.client import SETTINGS, Aws
from shipway.eks.blueprint import GITHUB

SUBJECT = f"{GITHUB}:sub"


async def subjects(aws: Aws, role: str) -> tuple[str, ...]:
    """`role` is its ARN. Raises what shipway.aws.errors names."""
    name = role.rpartition("/")[2]

    def ask() -> Mapping[str, Any]:
        iam = Session(region_name=aws.region).client("iam", config=SETTINGS)
        return dict(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])

    return trusted(await aws.ask("iam:GetRole", ask))


def trusted(document: Mapping[str, Any]) -> tuple[str, ...]:
    """With the wildcards that StringLike allows."""
    return tuple(
        subject
        for statement in _every(document["Statement"])
        if statement["Effect"] == "Allow"
        for test in ("StringEquals", "StringLike")
        for subject in _every(statement.get("Condition", {}).get(test, {}).get(SUBJECT, []))
    )


def fits(subject: str, trusts: Sequence[str]) -> bool:
    return any(fnmatchcase(subject, each.replace("[", "[[]")) for each in trusts)


def _every(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
