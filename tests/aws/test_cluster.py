"""A cluster as EKS describes it, and its kubeconfig, which holds no secret."""

import base64
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import yaml
from moto.eks.models import eks_backends

from shipway.aws import ecr
from shipway.aws.client import Aws
from shipway.aws.cluster import Cluster, Plugin, bearer, describe, kubeconfig_file
from shipway.errors import ShipwayError
from tests.aws.cloud import ACCOUNT, CLUSTER, REGION

AT = Cluster(CLUSTER, REGION, "1.35", "https://cluster.example", "Q0E=")


@pytest.fixture
def status(moto: None) -> dict[str, str]:
    """What the cluster's status is; a test may change it."""
    boto3.client("eks", region_name=REGION).create_cluster(
        name=CLUSTER,
        version="1.35",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-a"]},
    )
    facts: dict[str, str] = vars(eks_backends[ACCOUNT][REGION].clusters[CLUSTER])
    return facts


async def test_an_active_cluster_says_where_it_is(status: dict[str, str]) -> None:
    found = await describe(Aws(REGION), CLUSTER)
    assert (found.name, found.region, found.version) == (CLUSTER, REGION, "1.35")
    assert found.endpoint == status["endpoint"]


@pytest.mark.parametrize(
    ("now", "remedy"),
    [
        (
            "CREATING",
            f"wait until it is ACTIVE: aws eks describe-cluster --name {CLUSTER} --region {REGION}",
        ),
        ("FAILED", f"aws eks describe-cluster --name {CLUSTER} --region {REGION}"),
        ("DELETING", f"aws eks describe-cluster --name {CLUSTER} --region {REGION}"),
    ],
)
async def test_a_cluster_that_is_not_active_cannot_be_released_to(
    status: dict[str, str], now: str, remedy: str
) -> None:
    status["status"] = now
    with pytest.raises(ShipwayError) as caught:
        await describe(Aws(REGION), CLUSTER)
    assert caught.value.problem == f"the cluster {CLUSTER} is {now}, not ACTIVE"
    assert caught.value.remedy == remedy


async def test_a_cluster_that_is_not_there_is_told_with_its_region(moto: None) -> None:
    with pytest.raises(ShipwayError) as caught:
        await describe(Aws("us-east-1"), CLUSTER)
    assert caught.value.problem == f"there is no cluster {CLUSTER} in us-east-1"
    assert (
        caught.value.remedy
        == "shipway setup eks, or correct EKS_CLUSTER_NAME and AWS_REGION in .env.eks"
    )


def test_the_kubeconfig_holds_no_token_but_who_is_asked_for_one() -> None:
    config = yaml.safe_load(AT.kubeconfig(Plugin("/bin/sh", ("-c", "…"))))
    assert config["users"] == [
        {
            "name": CLUSTER,
            "user": {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1beta1",
                    "command": "/bin/sh",
                    "args": ["-c", "…"],
                    "interactiveMode": "Never",
                }
            },
        }
    ]
    assert AT.get_token("/usr/bin/aws") == (
        *("/usr/bin/aws", "eks", "get-token"),
        *("--cluster-name", CLUSTER, "--region", REGION),
    )
    assert config["clusters"][0]["cluster"] == {
        "server": "https://cluster.example",
        "certificate-authority-data": "Q0E=",
    }


def test_clusters_of_one_name_in_different_places_have_a_kubeconfig_each() -> None:
    places = [(ACCOUNT, REGION), (ACCOUNT, "us-east-1"), ("210987654321", REGION)]
    assert [str(kubeconfig_file(*place, CLUSTER)) for place in places] == [
        f".shipway/eks/{CLUSTER}.{region}.{account}.kubeconfig" for account, region in places
    ]


async def test_a_token_for_the_registry_shows_its_password_to_nobody(moto: None) -> None:
    token = await ecr.token(Aws(REGION))
    assert (token.username, token.password) == ("AWS", f"{ACCOUNT}-auth-token")
    assert repr(token) == "Token(username='AWS')"


async def test_a_repository_that_ecr_does_not_have_is_told_with_the_command_that_makes_it(
    moto: None,
) -> None:
    boto3.client("ecr", region_name=REGION).create_repository(repositoryName="sample-app")
    aws = Aws(REGION)
    await ecr.require(aws, "sample-app")
    with pytest.raises(ShipwayError) as caught:
        await ecr.require(aws, "charts/sample-app")
    assert caught.value.problem == f"ECR has no repository charts/sample-app in {REGION}"
    assert caught.value.remedy == (
        "shipway setup eks, or: aws ecr create-repository "
        f"--repository-name charts/sample-app --region {REGION}"
    )


async def test_a_token_for_the_cluster_is_the_one_that_the_aws_program_makes(moto: None) -> None:
    """But for the moment of its signature: the same question to STS, for the same cluster."""
    kind, _, rest = (await bearer(Aws(REGION), CLUSTER)).partition(".")
    url = urlsplit(base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)).decode())
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert kind == "k8s-aws-v1"
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"https://sts.{REGION}.amazonaws.com/"
    assert (query["Action"], query["X-Amz-SignedHeaders"], query["X-Amz-Expires"]) == (
        "GetCallerIdentity",
        "host;x-k8s-aws-id",
        "60",
    )
