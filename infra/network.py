"""The network: two zones, each with a public and a private subnet, and one way out."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import Config


def network(scope: Construct, config: Config) -> ec2.Vpc:
    vpc = ec2.Vpc(
        scope,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr(config.vpc_cidr),
        # Without an account cdk knows no zone by name: these are the region's first two, chosen at deployment.
        max_azs=None if config.zones else 2,
        availability_zones=list(config.zones) or None,
        nat_gateways=1,
        # Nothing uses it, and emptying it takes a function with rights of its own.
        restrict_default_security_group=False,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
            ec2.SubnetConfiguration(
                name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
            ),
        ],
    )
    # The load balancer controller finds its subnets by these tags.
    for subnet in vpc.public_subnets:
        cdk.Tags.of(subnet).add("kubernetes.io/role/elb", "1")
    for subnet in vpc.private_subnets:
        cdk.Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")
    vpc.add_flow_log(
        "FlowLog",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(
            logs.LogGroup(
                scope,
                "FlowLogs",
                retention=logs.RetentionDays.ONE_MONTH,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )
        ),
    )
    return vpc
