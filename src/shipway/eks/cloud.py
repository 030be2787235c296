"""The questions that set-up and teardown ask AWS, each answered as a value."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError

from shipway.aws.client import SETTINGS, Aws
from shipway.aws.refusal import translate
from shipway.eks import bootstrap, resources
from shipway.eks.account import Account
from shipway.eks.blueprint import GITHUB, Blueprint
from shipway.eks.cluster import Cluster
from shipway.eks.conflicts import Existing
from shipway.eks.resources import Resource
from shipway.eks.stack import Stack
from shipway.eks.versions import Offer
from shipway.errors import ShipwayError

FIRST_FAILURES = 5

Answer = TypeVar("Answer")


class Cloud:
    """One account in one region. Every question raises what shipway.aws.errors names."""

    def __init__(self, aws: Aws, session: Session | None = None) -> None:
        self._aws = aws
        self._session = session or Session(region_name=aws.region)
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return self._aws.region

    async def ask(self, operation: str, call: Callable[[], Answer]) -> Answer:
        """`operation` is IAM's name for what `call` does with clients of ours."""
        return await self._aws.ask(operation, call)

    async def account(self) -> Account:
        found = await self.ask(
            "sts:GetCallerIdentity", lambda: self.client("sts").get_caller_identity()
        )
        return Account(found["Account"], self.region, found["Arn"])

    async def versions(self) -> tuple[Offer, ...]:
        def ask() -> list[dict[str, Any]]:
            return pages(self.client("eks"), "describe_cluster_versions", "clusterVersions")

        return tuple(
            Offer(
                each["clusterVersion"],
                each.get("versionStatus", ""),
                day(each.get("endOfStandardSupportDate")),
                day(each.get("endOfExtendedSupportDate")),
            )
            for each in await self.ask("eks:DescribeClusterVersions", ask)
        )

    async def bootstrap_version(self) -> str | None:
        def ask() -> str | None:
            ssm = self.client("ssm")
            try:
                return str(ssm.get_parameter(Name=bootstrap.PARAMETER)["Parameter"]["Value"])
            except ssm.exceptions.ParameterNotFound:
                return None

        return await self.ask("ssm:GetParameter", ask)

    async def stack(self, name: str) -> Stack | None:
        """None for a stack that never was or is deleted."""

        def ask() -> dict[str, Any] | None:
            try:
                return dict(
                    self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
                )
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise

        found = await self.ask("cloudformation:DescribeStacks", ask)
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
        await self.ask(
            "cloudformation:DeleteStack",
            lambda: self.client("cloudformation").delete_stack(StackName=name),
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
            found = pages(self.client("ecr"), "describe_repositories", "repositories")
            there = {each["repositoryName"] for each in found}
            return tuple(name for name in names if name in there)

        return await self.ask("ecr:DescribeRepositories", ask)

    async def resources(self, stack: str) -> tuple[Resource, ...]:
        """As far as CloudFormation has begun them; a stack that is gone is known by its id alone."""

        def ask() -> list[dict[str, Any]]:
            client, asked = self.client("cloudformation"), "list_stack_resources"
            try:
                return pages(client, asked, "StackResourceSummaries", StackName=stack)
            except ClientError as error:
                if "does not exist" in str(error):
                    return []
                raise

        return tuple(
            Resource(
                each["LogicalResourceId"],
                each["ResourceType"],
                each["ResourceStatus"],
                each.get("PhysicalResourceId", ""),
            )
            for each in await self.ask("cloudformation:ListStackResources", ask)
        )

    async def former(self, stack: str) -> tuple[Resource, ...]:
        """What deleted stacks of this name had: CloudFormation remembers them for 90 days, by their ids alone."""

        def ask() -> list[str]:
            client = self.client("cloudformation")
            gone = {"StackStatusFilter": ["DELETE_COMPLETE"]}
            found = pages(client, "list_stacks", "StackSummaries", **gone)
            return [each["StackId"] for each in found if each["StackName"] == stack]

        ids = await self.ask("cloudformation:ListStacks", ask)
        return tuple([resource for each in ids for resource in await self.resources(each)])

    async def progress(self, stack: str, total: int = 0) -> str:
        """How far it is, in words. Only told, never relied on: where AWS does not say, that is the answer."""
        try:
            found = await self.resources(stack)
        except ShipwayError as refusal:
            return f"no word on its resources: {refusal.problem}"
        return resources.progress(found, total) if found else "no resource yet"

    async def cluster(self, name: str) -> Cluster | None:
        def ask() -> dict[str, Any] | None:
            eks = self.client("eks")
            try:
                return dict(eks.describe_cluster(name=name)["cluster"])
            except eks.exceptions.ResourceNotFoundException:
                return None

        found = await self.ask("eks:DescribeCluster", ask)
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

    async def _provider(self) -> str | None:
        def ask() -> str | None:
            found = self.client("iam").list_open_id_connect_providers()
            arns = [str(each["Arn"]) for each in found["OpenIDConnectProviderList"]]
            return next((arn for arn in arns if arn.endswith(f"/{GITHUB}")), None)

        return await self.ask("iam:ListOpenIDConnectProviders", ask)

    async def _failures(self, stack: str) -> tuple[str, ...]:
        """What failed first since the last start; what was cancelled because of it says nothing."""

        def ask() -> list[dict[str, Any]]:
            found = self.client("cloudformation").describe_stack_events(StackName=stack)
            return list(found["StackEvents"])

        failed = [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', each['ResourceStatus'])}"
            for each in reversed(await self.ask("cloudformation:DescribeStackEvents", ask))
            if each.get("ResourceStatus", "").endswith("_FAILED")
            and each["LogicalResourceId"] != stack
            and "cancelled" not in each.get("ResourceStatusReason", "")
        ]
        return tuple(failed[-FIRST_FAILURES:])

    def client(self, service: Any) -> Any:
        """Stages ask one after the other: nobody makes a client beside us."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=SETTINGS)
        return self._clients[service]


def pages(client: Any, operation: str, key: str, **asked: Any) -> list[dict[str, Any]]:
    pages = client.get_paginator(operation).paginate(**asked)
    return [each for page in pages for each in page[key]]


def day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


async def profile_region() -> str | None:
    """As the chosen profile says."""
    try:
        return await asyncio.to_thread(lambda: Session().region_name)
    except BotoCoreError as refusal:
        raise translate(refusal, "sts:GetCallerIdentity", "") from refusal
