"""The cluster: control plane, nodes, add-ons, load balancer controller, administrators."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer
from constructs import Construct

from infra.config import Config

PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


def cluster(scope: Construct, config: Config, vpc: ec2.Vpc) -> eks.Cluster:
    made = eks.Cluster(
        scope,
        "Cluster",
        cluster_name=config.cluster_name,
        version=eks.KubernetesVersion.of(config.kubernetes_version),
        vpc=vpc,
        vpc_subnets=[PRIVATE],
        # Nodes of our own choice, added below. The default is Auto Mode.
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
        endpoint_access=eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*config.api_cidrs),
        # The creator is a role of cdk. The people who may come in are named instead.
        bootstrap_cluster_creator_admin_permissions=False,
        secrets_encryption_key=kms.Key(
            scope,
            "Secrets",
            description=f"the secrets of {config.cluster_name}",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            pending_window=cdk.Duration.days(7),
        ),
        cluster_logging=list(eks.ClusterLoggingTypes),
        kubectl_provider_options=eks.KubectlProviderOptions(
            kubectl_layer=KubectlV35Layer(scope, "Kubectl")
        ),
        alb_controller=eks.AlbControllerOptions(
            version=eks.AlbControllerVersion.V3_2_2,
            # The default is a private registry in us-west-2.
            repository="public.ecr.aws/eks/aws-load-balancer-controller",
        ),
        # Labels that kubectl prunes by would end up on our namespaces.
        prune=False,
    )
    network_policy = _add_on(
        scope, "VpcCni", made, "vpc-cni", configuration={"enableNetworkPolicy": "true"}
    )
    nodes = made.add_nodegroup_capacity(
        "Nodes",
        instance_types=[ec2.InstanceType(config.node_type)],
        ami_type=eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
        min_size=config.nodes_min,
        desired_size=config.nodes_min,
        max_size=config.nodes_max,
        subnets=PRIVATE,
    )
    # The first pod must already find the policy agent at work.
    nodes.node.add_dependency(network_policy)
    # Without nodes neither of these two ever becomes ready.
    _add_on(scope, "MetricsServer", made, "metrics-server").node.add_dependency(nodes)
    assert made.alb_controller is not None
    made.alb_controller.node.add_dependency(nodes)
    for arn in config.admin_arns:
        # Named by what it is for: to reorder the list must not replace an entry.
        made.grant_cluster_admin("Admin " + arn.replace("/", "-"), arn)
    return made


def _add_on(
    scope: Construct,
    name: str,
    made: eks.Cluster,
    add_on: str,
    configuration: dict[str, Any] | None = None,
) -> eks.CfnAddon:
    return eks.CfnAddon(
        scope,
        name,
        cluster_name=made.cluster_name,
        addon_name=add_on,
        configuration_values=cdk.Stack.of(scope).to_json_string(configuration)
        if configuration
        else None,
        # A new cluster brings an unmanaged CNI along, and the add-on refuses to touch it otherwise.
        resolve_conflicts="OVERWRITE",
    )
