"""An EKS cluster as its API describes it, and the kubeconfig that leads to it."""

import base64
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

import yaml

from shipway.aws.client import Aws
from shipway.commands import aws as commands
from shipway.commands.command import Command, argv
from shipway.errors import USAGE, ShipwayError

AT_WORK = frozenset({"ACTIVE", "UPDATING"})  # an update of its settings leaves it at work
CLUSTER_HEADER = "x-k8s-aws-id"
SIGNED_SECONDS = 60  # what the signature itself says; EKS takes it for 15 minutes
EXEC = "client.authentication.k8s.io/v1beta1"


@dataclass(eq=False)
class ClusterMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    name: str
    region: str

    @property
    def problem(self) -> str:
        return f"there is no cluster {self.name} in {self.region}"

    @property
    def remedy(self) -> str:
        return "shipway setup eks, or correct EKS_CLUSTER_NAME and AWS_REGION in .env.eks"


@dataclass(eq=False)
class ClusterNotActive(ShipwayError):
    name: str
    region: str
    status: str

    @property
    def problem(self) -> str:
        return f"the cluster {self.name} is {self.status}, not ACTIVE"

    @property
    def remedy(self) -> str:
        look = commands.describe_cluster(self.name, self.region)
        return f"wait until it is ACTIVE: {look}" if self.status == "CREATING" else str(look)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A program that prints an ExecCredential."""

    command: str
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    name: str
    region: str
    version: str
    endpoint: str
    authority: str  # PEM in base64

    def get_token(self, aws: str) -> tuple[str, ...]:
        """The command that asks the program `aws` for a token, good for 15 minutes."""
        flags = ("--cluster-name", self.name, "--region", self.region)
        return (aws, "eks", "get-token", *flags)

    def kubeconfig(self, plugin: Plugin) -> str:
        """Without any secret: each client asks `plugin` for a token."""
        asks = {
            "apiVersion": EXEC,
            "command": plugin.command,
            "args": list(plugin.args),
            "interactiveMode": "Never",
        }
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [
                {
                    "name": self.name,
                    "cluster": {
                        "server": self.endpoint,
                        "certificate-authority-data": self.authority,
                    },
                }
            ],
            "users": [{"name": self.name, "user": {"exec": asks}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": self.name}}],
        }
        return yaml.safe_dump(config, sort_keys=False)


def kubeconfig_file(account: str, region: str, name: str) -> PurePath:
    """In the project. One for each cluster: two terminals in one checkout may release to two."""
    return PurePath(".shipway", "eks", f"{name}.{region}.{account}.kubeconfig")


async def describe(aws: Aws, name: str) -> Cluster:
    """Raises ClusterMissing, and ClusterNotActive where nothing can be released to it yet or any more."""

    def ask() -> dict[str, Any] | None:
        try:
            return dict(aws.eks.describe_cluster(name=name)["cluster"])
        except aws.eks.exceptions.ResourceNotFoundException:
            return None

    found = await aws.ask("eks:DescribeCluster", ask)
    if found is None:
        raise ClusterMissing(name, aws.region)
    if found["status"] not in AT_WORK:
        raise ClusterNotActive(name, aws.region, found["status"])
    return Cluster(
        name=name,
        region=aws.region,
        version=found["version"],
        endpoint=found["endpoint"],
        authority=found["certificateAuthority"]["data"],
    )


async def bearer(aws: Aws, name: str) -> str:
    """A token as `aws eks get-token` makes it: a question to STS, signed for this cluster, that EKS asks for us.

    Source: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster.
    """

    def sign() -> str:
        return aws.presigned_identity({CLUSTER_HEADER: name}, SIGNED_SECONDS)

    url = await aws.ask("sts:GetCallerIdentity", sign)
    return f"k8s-aws-v1.{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


def let_in(cluster: Cluster, principal: str) -> str:
    """The command with which an admin lets an identity into the cluster."""
    return str(
        Command(
            argv(
                *("aws", "eks", "create-access-entry"),
                ("--cluster-name", cluster.name),
                ("--principal-arn", principal),
                ("--region", cluster.region),
            )
        )
    )
