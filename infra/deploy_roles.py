"""The roles that GitHub's jobs take: one for each environment, for nothing else."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config import Config
from infra.environment import ENVIRONMENTS, Environment
from infra.registry import Registry
from infra.values import GITHUB

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = (
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
LOOK = ("ecr:DescribeImages", "ecr:ListImages")


def deploy_roles(
    scope: Construct,
    config: Config,
    cluster: eks.Cluster,
    registry: Registry,
    namespaces: Mapping[str, eks.KubernetesManifest],
) -> Mapping[str, iam.Role]:
    """By environment; none without a GitHub repository."""
    if config.github_repository is None:
        return {}
    provider = config.github_provider_arn or _provider(scope)
    roles: dict[str, iam.Role] = {}
    for environment in ENVIRONMENTS:
        role = _role(scope, environment, provider, config.github_repository)
        for statement in _statements(cluster, registry):
            role.add_to_policy(statement)
        _admit(scope, environment, role, cluster)
        _lease(scope, environment, cluster).node.add_dependency(namespaces[environment.name])
        roles[environment.name] = role
    return roles


def _provider(scope: Construct) -> str:
    arn: str = iam.OidcProviderNative(
        scope, "GitHub", url=f"https://{GITHUB}", client_ids=["sts.amazonaws.com"]
    ).oidc_provider_arn
    return arn


def _role(scope: Construct, environment: Environment, provider: str, repository: str) -> iam.Role:
    return iam.Role(
        scope,
        f"DeployRole{environment.title}",
        description=f"Releases of {repository} to {environment.name}",
        max_session_duration=cdk.Duration.hours(1),
        assumed_by=iam.WebIdentityPrincipal(
            provider,
            {
                "StringEquals": {
                    f"{GITHUB}:aud": "sts.amazonaws.com",
                    f"{GITHUB}:sub": f"repo:{repository}:environment:{environment.github}",
                }
            },
        ),
    )


def _statements(cluster: eks.Cluster, registry: Registry) -> tuple[iam.PolicyStatement, ...]:
    return (
        iam.PolicyStatement(
            sid="LogIn",
            actions=["ecr:GetAuthorizationToken"],
            resources=["*"],  # the action knows no resource
        ),
        iam.PolicyStatement(
            sid="PushAndPull",
            actions=[*PULL, *PUSH, *LOOK],
            resources=[registry.image.repository_arn, registry.chart.repository_arn],
        ),
        iam.PolicyStatement(
            sid="FindCluster", actions=["eks:DescribeCluster"], resources=[cluster.cluster_arn]
        ),
    )


def _admit(
    scope: Construct, environment: Environment, role: iam.Role, cluster: eks.Cluster
) -> None:
    """To one namespace. `Edit` cannot make namespaces, roles or anything that belongs to the cluster."""
    eks.CfnAccessEntry(
        scope,
        f"DeployAccess{environment.title}",
        cluster_name=cluster.cluster_name,
        principal_arn=role.role_arn,
        kubernetes_groups=[_group(environment)],
        access_policies=[
            eks.CfnAccessEntry.AccessPolicyProperty(
                policy_arn=eks.AccessPolicyArn.AMAZON_EKS_EDIT_POLICY.policy_arn,
                access_scope=eks.CfnAccessEntry.AccessScopeProperty(
                    type="namespace", namespaces=[environment.namespace]
                ),
            )
        ],
    )


def _lease(
    scope: Construct, environment: Environment, cluster: eks.Cluster
) -> eks.KubernetesManifest:
    """`Edit` leaves Leases out, and a release holds one while it deploys."""
    metadata = {"name": "shipway-lease", "namespace": environment.namespace}
    return eks.KubernetesManifest(
        scope,
        f"DeployLease{environment.title}",
        cluster=cluster,
        manifest=[
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": metadata,
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
                "metadata": metadata,
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "Role",
                    "name": metadata["name"],
                },
                "subjects": [
                    {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": "Group",
                        "name": _group(environment),
                    }
                ],
            },
        ],
        overwrite=True,
    )


def _group(environment: Environment) -> str:
    return f"shipway-deploy-{environment.name}"
