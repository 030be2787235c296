"""The resources of a stack as CloudFormation lists them, and how far their making or their end has come."""

from collections.abc import Sequence
from dataclasses import dataclass

GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


@dataclass(frozen=True, slots=True)
class Resource:
    name: str  # in the template
    kind: str  # AWS::EC2::VPC
    status: str
    id: str = ""  # in AWS, once it has one


def ids(resources: Sequence[Resource], kind: str) -> tuple[str, ...]:
    """Each once, in the order in which they come."""
    return tuple(dict.fromkeys(each.id for each in resources if each.kind == kind and each.id))


def progress(resources: Sequence[Resource], total: int = 0) -> str:
    """Such as `31 of 71 resources complete, EKS::Cluster Cluster9EE0221C at work`. CloudFormation does not list
    what it has not begun: `total` is how many the template has, 0 where nobody knows.
    """
    if any(each.status.startswith("DELETE_") for each in resources):
        gone = sum(each.status in GONE for each in resources)
        return f"{gone} of {len(resources)} resources deleted{_at_work(resources)}"
    complete = sum(each.status.endswith("_COMPLETE") for each in resources)
    of = f" of {max(total, len(resources))}" if total else ""
    return f"{complete}{of} resources complete{_at_work(resources)}"


def _at_work(resources: Sequence[Resource]) -> str:
    busy = [
        f"{each.kind.removeprefix('AWS::')} {each.name}"
        for each in resources
        if each.status.endswith("_IN_PROGRESS")
    ]
    if not busy:
        return ""
    others = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    return f", {busy[0]}{others} at work"
