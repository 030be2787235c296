"""What a cluster leaves in AWS beside its stack, asked and answered as values."""

from typing import Any

from shipway.eks.balancers import Balancers
from shipway.eks.cloud import Cloud, day, pages
from shipway.eks.leftover import Inhabitants, Interface, Key

CLUSTER_TAG = "elbv2.k8s.aws/cluster"  # the controller writes it on all that it makes
TAGS_AT_ONCE = 20  # that DescribeTags answers for


async def balancers(cloud: Cloud, cluster: str) -> Balancers:
    """What the load balancer controller of `cluster` made and did not take away yet."""

    def ask() -> Balancers:
        elb, ec2 = cloud.client("elbv2"), cloud.client("ec2")
        balancers = pages(elb, "describe_load_balancers", "LoadBalancers")
        groups = pages(elb, "describe_target_groups", "TargetGroups")
        by_tag = [{"Name": f"tag:{CLUSTER_TAG}", "Values": [cluster]}]
        secured = ec2.describe_security_groups(Filters=by_tag)["SecurityGroups"]
        return Balancers(
            _tagged(elb, cluster, {x["LoadBalancerArn"]: x["LoadBalancerName"] for x in balancers}),
            _tagged(elb, cluster, {x["TargetGroupArn"]: x["TargetGroupName"] for x in groups}),
            tuple(each["GroupId"] for each in secured),
        )

    return await cloud.ask("elasticloadbalancing:DescribeLoadBalancers", ask)


async def log_groups(cloud: Cloud, cluster: str) -> tuple[str, ...]:
    """EKS and Lambda make them by themselves, outside of the stack."""

    def ask() -> tuple[str, ...]:
        logs = cloud.client("logs")
        return tuple(
            each["logGroupName"]
            for prefix in (f"/aws/eks/{cluster}/", f"/aws/lambda/{cluster}-")
            for each in pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
        )

    return await cloud.ask("logs:DescribeLogGroups", ask)


async def volumes(cloud: Cloud, cluster: str) -> tuple[str, ...]:
    """Disks that pods had claimed."""

    def ask() -> tuple[str, ...]:
        owned = [{"Name": f"tag:kubernetes.io/cluster/{cluster}", "Values": ["owned"]}]
        found = pages(cloud.client("ec2"), "describe_volumes", "Volumes", Filters=owned)
        return tuple(each["VolumeId"] for each in found)

    return await cloud.ask("ec2:DescribeVolumes", ask)


async def keys(cloud: Cloud, ids: tuple[str, ...]) -> tuple[Key, ...]:
    """Those of `ids` that there still are."""

    def ask() -> tuple[Key, ...]:
        kms = cloud.client("kms")
        found = []
        for each in ids:
            try:
                told = kms.describe_key(KeyId=each)["KeyMetadata"]
            except kms.exceptions.NotFoundException:
                continue
            found.append(Key(each, told["KeyState"], day(told.get("DeletionDate"))))
        return tuple(found)

    return await cloud.ask("kms:DescribeKey", ask)


async def inhabitants(cloud: Cloud, vpc: str) -> Inhabitants:
    """What a network cannot go before."""

    def ask() -> Inhabitants:
        ec2 = cloud.client("ec2")
        inside = [{"Name": "vpc-id", "Values": [vpc]}]
        interfaces = pages(ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=inside)
        groups = pages(ec2, "describe_security_groups", "SecurityGroups", Filters=inside)
        return Inhabitants(
            tuple(
                Interface(each["NetworkInterfaceId"], each["Description"], each["Status"])
                for each in interfaces
            ),
            tuple(
                f"{each['GroupId']} ({each['GroupName']})"
                for each in groups
                if each["GroupName"] != "default"
            ),
        )

    return await cloud.ask("ec2:DescribeNetworkInterfaces", ask)


async def delete_interface(cloud: Cloud, interface: str) -> None:
    await cloud.ask(
        "ec2:DeleteNetworkInterface",
        lambda: cloud.client("ec2").delete_network_interface(NetworkInterfaceId=interface),
    )


def _tagged(elb: Any, cluster: str, names: dict[str, str]) -> tuple[str, ...]:
    """The names of those whose tag says that this cluster's controller made them."""
    arns = list(names)
    found: list[str] = []
    for start in range(0, len(arns), TAGS_AT_ONCE):
        asked = arns[start : start + TAGS_AT_ONCE]
        found += [
            names[each["ResourceArn"]]
            for each in elb.describe_tags(ResourceArns=asked)["TagDescriptions"]
            if {"Key": CLUSTER_TAG, "Value": cluster} in each["Tags"]
        ]
    return tuple(found)
