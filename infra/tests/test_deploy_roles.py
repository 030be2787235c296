import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.config import Config, read
from infra.tests.template import Template

EDIT = "arn:<AWS::Partition>:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
GITHUB = "token.actions.githubusercontent.com"
ROLES = ("DeployRoleDev", "DeployRoleStaging", "DeployRoleProd")


def statements(template: Template, role: str) -> list[Any]:
    """Everything that any policy of the stack allows the role."""
    return [
        statement
        for policy in template.all("AWS::IAM::Policy").values()
        if f"<{role}>" in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def every(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("role", "name", "github"),
    [
        ("DeployRoleDev", "dev", "dev"),
        ("DeployRoleStaging", "staging", "staging"),
        ("DeployRoleProd", "prod", "production"),
    ],
)
def test_only_jobs_of_one_github_environment_take_a_role(
    template: Template, role: str, name: str, github: str
) -> None:
    assert template.all("AWS::IAM::Role")[role] == {
        "Description": f"Releases of acme/shop to {name}",
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": "<GitHub>"},
                    "Condition": {
                        "StringEquals": {
                            f"{GITHUB}:aud": "sts.amazonaws.com",
                            f"{GITHUB}:sub": f"repo:acme/shop:environment:{github}",
                        }
                    },
                }
            ],
        },
    }


def test_the_provider_is_githubs(template: Template) -> None:
    assert template.all("AWS::IAM::OIDCProvider")["GitHub"] == {
        "Url": f"https://{GITHUB}",
        "ClientIdList": ["sts.amazonaws.com"],
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_logs_in_pushes_and_pulls_here_and_finds_the_cluster(
    template: Template, role: str
) -> None:
    assert statements(template, role) == [
        {
            "Sid": "LogIn",
            "Effect": "Allow",
            "Action": "ecr:GetAuthorizationToken",
            "Resource": "*",
        },
        {
            "Sid": "PushAndPull",
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:ListImages",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            "Resource": ["<ChartRepository.Arn>", "<ImageRepository.Arn>"],
        },
        {
            "Sid": "FindCluster",
            "Effect": "Allow",
            "Action": "eks:DescribeCluster",
            "Resource": "<Cluster.Arn>",
        },
    ]


@pytest.mark.parametrize("role", ROLES)
def test_no_action_of_a_role_is_a_pattern_and_every_resource_is_named_where_it_can_be(
    template: Template, role: str
) -> None:
    allowed = statements(template, role)
    assert allowed
    for statement in allowed:
        assert not any("*" in action for action in every(statement["Action"]))
        if statement["Action"] != "ecr:GetAuthorizationToken":
            assert not any("*" in resource for resource in every(statement["Resource"]))


@pytest.mark.parametrize("role", ROLES)
def test_nothing_else_is_attached_to_a_role_and_nobody_but_github_takes_it(
    template: Template, role: str
) -> None:
    assert not {"ManagedPolicyArns", "Policies"} & template.all("AWS::IAM::Role")[role].keys()
    assert not template.all("AWS::IAM::ManagedPolicy")
    assert not [
        other
        for other, properties in template.all("AWS::IAM::Policy").items()
        if role in json.dumps(properties["PolicyDocument"])
    ]


def test_the_cluster_admits_each_role_to_its_own_namespace_alone(template: Template) -> None:
    admitted = {
        entry["PrincipalArn"]: entry
        for entry in template.all("AWS::EKS::AccessEntry").values()
        if "DeployRole" in entry["PrincipalArn"]
    }
    assert admitted == {
        f"<DeployRole{name.title()}.Arn>": {
            "ClusterName": "<Cluster>",
            "PrincipalArn": f"<DeployRole{name.title()}.Arn>",
            "KubernetesGroups": [f"shipway-deploy-{name}"],
            "AccessPolicies": [
                {
                    "PolicyArn": EDIT,
                    "AccessScope": {"Type": "namespace", "Namespaces": [name]},
                }
            ],
        }
        for name in ("dev", "staging", "prod")
    }


def test_the_group_of_a_role_may_hold_leases_in_its_own_namespace_and_nothing_more(
    template: Template,
) -> None:
    access = {
        name: manifest
        for name, manifest in template.manifests().items()
        if any(part["apiVersion"].startswith("rbac.") for part in manifest)
    }
    assert access == {
        f"DeployLease{name.title()}": [
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "shipway-lease", "namespace": name},
                "rules": [
                    {
                        "apiGroups": ["coordination.k8s.io"],
                        "resources": ["leases"],
                        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
                    }
                ],
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "shipway-lease", "namespace": name},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "Role",
                    "name": "shipway-lease",
                },
                "subjects": [
                    {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": "Group",
                        "name": f"shipway-deploy-{name}",
                    }
                ],
            },
        ]
        for name in ("dev", "staging", "prod")
    }
    for name in ("Dev", "Staging", "Prod"):
        assert f"Namespace{name}" in template.waits_for(f"DeployLease{name}")


def test_a_provider_that_the_account_has_is_used(
    template_of: Callable[[Config], Template], environment: dict[str, str]
) -> None:
    arn = f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"
    chosen = {"EKS_GITHUB_PROVIDER_ARN": arn, "EKS_GITHUB_REPOSITORY": "acme@42/shop@4711"}
    template = template_of(read({}, environment | chosen))
    assert "GitHub" not in template.resources
    (statement,) = template.all("AWS::IAM::Role")["DeployRoleProd"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert statement["Principal"] == {"Federated": arn}
    assert statement["Condition"]["StringEquals"] == {
        f"{GITHUB}:aud": "sts.amazonaws.com",
        f"{GITHUB}:sub": "repo:acme@42/shop@4711:environment:production",
    }


def test_without_a_github_repository_nobody_outside_is_trusted(
    template_of: Callable[[Config], Template], environment: dict[str, str]
) -> None:
    template = template_of(read({}, environment | {"EKS_GITHUB_REPOSITORY": ""}))
    told = json.dumps(template.document)
    assert GITHUB not in told
    assert "DeployRole" not in told
