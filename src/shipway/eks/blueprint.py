"""What the stack would make, by name, read from the template that CDK wrote for it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GITHUB = "token.actions.githubusercontent.com"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"


@dataclass(frozen=True, slots=True)
class Blueprint:
    stack: str
    cluster: str
    version: str  # of Kubernetes, as EKS writes it: 1.35
    repositories: tuple[str, ...]  # in ECR
    namespaces: tuple[str, ...]
    nodes: int  # how many there are at least
    resources: int  # how many CloudFormation makes
    provider: bool  # whether the stack makes GitHub's OIDC provider, of which an account has one


def read(template: Mapping[str, Any], stack: str) -> Blueprint:
    """Of a template that infra/ wrote."""
    [cluster] = _of(template, "AWS::EKS::Cluster")
    return Blueprint(
        stack=stack,
        cluster=cluster["Name"],
        version=str(cluster["Version"]),
        repositories=tuple(
            sorted(each["RepositoryName"] for each in _of(template, "AWS::ECR::Repository"))
        ),
        namespaces=tuple(sorted(_namespaces(template))),
        nodes=sum(
            int(each["ScalingConfig"]["MinSize"]) for each in _of(template, "AWS::EKS::Nodegroup")
        ),
        resources=len(template["Resources"]),
        provider=any(
            each["Url"] == f"https://{GITHUB}" for each in _of(template, "AWS::IAM::OIDCProvider")
        ),
    )


def stack_name(manifest: Mapping[str, Any]) -> str:
    """The one stack of a cloud assembly."""
    [name] = [
        name
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    ]
    return str(name)


def _of(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        each.get("Properties", {})
        for each in template["Resources"].values()
        if each["Type"] == kind
    ]


def _namespaces(template: Mapping[str, Any]) -> Iterator[str]:
    """Manifests that CloudFormation still has to fill in are of other kinds."""
    for resource in _of(template, MANIFEST):
        if isinstance(resource["Manifest"], str):
            for manifest in json.loads(resource["Manifest"]):
                if manifest["kind"] == "Namespace":
                    yield manifest["metadata"]["name"]
