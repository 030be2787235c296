"""The questions that set-up and teardown ask AWS, each answered as a value."""

import asyncio
from datetime import datetime
from typing import Any

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError

from shipway.aws.client import SETTINGS, Aws
from shipway.aws.refusal import translate
from shipway.eks import bootstrap
from shipway.eks.account import Account
from shipway.eks.balancers import Balancers
from shipway.eks.blueprint import GITHUB, Blueprint
from shipway.eks.cluster import Cluster
from shipway.eks.conflicts import Existing
from shipway.eks.stack import Stack
from shipway.eks.versions import Offer

CLUSTER_TAG = "elbv2.k8s.aws/cluster"  # the controller writes it on all that it makes
FIRST_FAILURES = 5
TAGS_AT_ONCE = 20  # that DescribeTags answers for


class Cloud:
    """One account in one region. Every question raises what shipway.aws.errors names."""

    def __init__(self, aws: Aws, session: Session | None = None) -> None:
        self._aws = aws
        self._session = session or Session(region_name=aws.region)
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return self._aws.region

    async def account(self) -> Account:
        found = await self._aws.ask(
            "sts:GetCallerIdentity", lambda: self._client("sts").get_caller_identity()
        )
        return Account(found["Account"], self.region, found["Arn"])

    async def versions(self) -> tuple[Offer, ...]:
        def ask() -> list[dict[str, Any]]:
            return _pages(self._client("eks"), "describe_cluster_versions", "clusterVersions")

        return tuple(
            Offer(
                each["clusterVersion"],
                each.get("versionStatus", ""),
                _day(each.get("endOfStandardSupportDate")),
                _day(each.get("endOfExtendedSupportDate")),
            )
            for each in await self._aws.ask("eks:DescribeClusterVersions", ask)
        )

    async def bootstrap_version(self) -> str | None:
        def ask() -> str | None:
            ssm = self._client("ssm")
            try:
                return str(ssm.get_parameter(Name=bootstrap.PARAMETER)["Parameter"]["Value"])
            except ssm.exceptions.ParameterNotFound:
                return None

        return await self._aws.ask("ssm:GetParameter", ask)

    async def stack(self, name: str) -> Stack | None:
        """None for a stack that never was or is deleted."""

        def ask() -> dict[str, Any] | None:
            try:
                return dict(
                    self._client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
                )
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise

        found = await self._aws.ask("cloudformation:DescribeStacks", ask)
        if found is None:
            return None
        status = found["StackStatus"]
        told = "FAILED" in status or "ROLLBACK" in status
        return Stack(
            name=name,
            region=self.region,
            status=status,
            reason=found.get("StackStatusReason", ""),
            failures=await self._failures(name) if told else (),
            outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        )

    async def delete_stack(self, name: str) -> None:
        """Begins it. What the stack may do, it does in the role that it was made with."""
        await self._aws.ask(
            "cloudformation:DeleteStack",
            lambda: self._client("cloudformation").delete_stack(StackName=name),
        )

    async def existing(self, blueprint: Blueprint) -> Existing:
        """What the account has of what a new stack would make."""
        cluster = await self.cluster(blueprint.cluster)
        return Existing(
            await self.repositories(blueprint.repositories),
            cluster.name if cluster else None,
            await self._provider() if blueprint.provider else None,
        )

    async def repositories(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `names` that there are."""

        def ask() -> tuple[str, ...]:
            found = _pages(self._client("ecr"), "describe_repositories", "repositories")
            there = {each["repositoryName"] for each in found}
            return tuple(name for name in names if name in there)

        return await self._aws.ask("ecr:DescribeRepositories", ask)

    async def repositories_of(self, stack: str) -> tuple[str, ...]:
        """The names of those that the stack made."""

        def ask() -> tuple[str, ...]:
            client = self._client("cloudformation")
            paginator = client.get_paginator("list_stack_resources")
            pages = list(paginator.paginate(StackName=stack))
            found = [each for page in pages for each in page["StackResourceSummaries"]]
            return tuple(
                each["PhysicalResourceId"]
                for each in found
                if each["ResourceType"] == "AWS::ECR::Repository" and "PhysicalResourceId" in each
            )

        return await self._aws.ask("cloudformation:ListStackResources", ask)

    async def cluster(self, name: str) -> Cluster | None:
        def ask() -> dict[str, Any] | None:
            eks = self._client("eks")
            try:
                return dict(eks.describe_cluster(name=name)["cluster"])
            except eks.exceptions.ResourceNotFoundException:
                return None

        found = await self._aws.ask("eks:DescribeCluster", ask)
        if found is None:
            return None
        issues = found.get("health", {}).get("issues", [])
        return Cluster(
            name=found["name"],
            arn=found["arn"],
            region=self.region,
            status=found["status"],
            endpoint=found.get("endpoint", ""),
            issues=tuple(f"{each['code']}: {each['message']}" for each in issues),
        )

    async def balancers(self, cluster: str) -> Balancers:
        """What the load balancer controller of `cluster` made and did not take away yet."""

        def ask() -> Balancers:
            elb, ec2 = self._client("elbv2"), self._client("ec2")
            balancers = _pages(elb, "describe_load_balancers", "LoadBalancers")
            groups = _pages(elb, "describe_target_groups", "TargetGroups")
            by_tag = [{"Name": f"tag:{CLUSTER_TAG}", "Values": [cluster]}]
            secured = ec2.describe_security_groups(Filters=by_tag)["SecurityGroups"]
            return Balancers(
                _tagged(
                    elb, cluster, {x["LoadBalancerArn"]: x["LoadBalancerName"] for x in balancers}
                ),
                _tagged(elb, cluster, {x["TargetGroupArn"]: x["TargetGroupName"] for x in groups}),
                tuple(each["GroupId"] for each in secured),
            )

        return await self._aws.ask("elasticloadbalancing:DescribeLoadBalancers", ask)

    async def log_groups(self, cluster: str) -> tuple[str, ...]:
        """EKS and Lambda make them by themselves, outside of the stack."""

        def ask() -> tuple[str, ...]:
            logs = self._client("logs")
            return tuple(
                each["logGroupName"]
                for prefix in (f"/aws/eks/{cluster}/", f"/aws/lambda/{cluster}-")
                for each in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
            )

        return await self._aws.ask("logs:DescribeLogGroups", ask)

    async def volumes(self, cluster: str) -> tuple[str, ...]:
        """Disks that pods had claimed."""

        def ask() -> tuple[str, ...]:
            owned = [{"Name": f"tag:kubernetes.io/cluster/{cluster}", "Values": ["owned"]}]
            found = self._client("ec2").describe_volumes(Filters=owned)
            return tuple(each["VolumeId"] for each in found["Volumes"])

        return await self._aws.ask("ec2:DescribeVolumes", ask)

    async def _provider(self) -> str | None:
        def ask() -> str | None:
            found = self._client("iam").list_open_id_connect_providers()
            arns = [str(each["Arn"]) for each in found["OpenIDConnectProviderList"]]
            return next((arn for arn in arns if arn.endswith(f"/{GITHUB}")), None)

        return await self._aws.ask("iam:ListOpenIDConnectProviders", ask)

    async def _failures(self, stack: str) -> tuple[str, ...]:
        """What failed first since the last start; what was cancelled because of it says nothing."""

        def ask() -> list[dict[str, Any]]:
            found = self._client("cloudformation").describe_stack_events(StackName=stack)
            return list(found["StackEvents"])

        failed = [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', each['ResourceStatus'])}"
            for each in reversed(await self._aws.ask("cloudformation:DescribeStackEvents", ask))
            if each.get("ResourceStatus", "").endswith("_FAILED")
            and each["LogicalResourceId"] != stack
            and "cancelled" not in each.get("ResourceStatusReason", "")
        ]
        return tuple(failed[-FIRST_FAILURES:])

    def _client(self, service: Any) -> Any:
        """Stages ask one after the other: nobody makes a client beside us."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=SETTINGS)
        return self._clients[service]


def _pages(client: Any, operation: str, key: str) -> list[dict[str, Any]]:
    return [each for page in client.get_paginator(operation).paginate() for each in page[key]]


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


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


async def profile_region() -> str | None:
    """As the chosen profile says."""
    try:
        return await asyncio.to_thread(lambda: Session().region_name)
    except BotoCoreError as refusal:
        raise translate(refusal, "sts:GetCallerIdentity", "") from refusal
