"""The one stack: what it is made of, and what it tells."""

import aws_cdk as cdk
from constructs import Construct

from infra.cluster import cluster
from infra.config import Config
from infra.deploy_roles import deploy_roles
from infra.namespaces import namespaces
from infra.network import network
from infra.registry import registry


def infrastructure(scope: Construct, config: Config) -> cdk.Stack:
    """Of no account: the credentials say which. It bears the cluster's name."""
    stack = cdk.Stack(
        scope,
        config.cluster_name,
        description=f"shipway: where {config.image_repository} is released to",
        env=cdk.Environment(region=config.region),
    )
    images = registry(stack, config)
    made = cluster(stack, config, network(stack, config))
    roles = deploy_roles(stack, config, made, images, namespaces(stack, made))
    outputs = {
        "AccountId": stack.account,
        "Region": stack.region,
        "ClusterName": made.cluster_name,
        "EcrRepositoryUri": images.image.repository_uri,
        "EcrChartRepositoryUri": images.chart.repository_uri,
        **{f"DeployRoleArn{name.title()}": role.role_arn for name, role in roles.items()},
    }
    for name, value in outputs.items():
        cdk.CfnOutput(stack, name, value=value)
    return stack
