"""The variables of `.env.eks`: all there, and all of one place."""

import pytest

from shipway.errors import ShipwayError
from shipway.targets.eks_settings import Settings

GOOD = {
    "AWS_ACCOUNT_ID": "123456789012",
    "AWS_REGION": "eu-central-1",
    "ECR_REPO_URI": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sample-app",
    "EKS_CLUSTER_NAME": "dagger-demo-eks",
}
HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


def test_the_registry_is_the_host_of_the_repository() -> None:
    assert Settings.read(GOOD, "sample-app") == Settings(
        "123456789012", "eu-central-1", "dagger-demo-eks", HOST, ""
    )


def test_what_stands_before_the_repository_stands_before_the_charts_too() -> None:
    within = {**GOOD, "ECR_REPO_URI": f"{HOST}/team/shop/sample-app"}
    assert Settings.read(within, "sample-app").prefix == "team/shop"


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        (
            {"AWS_REGION": "", "EKS_CLUSTER_NAME": ""},
            "AWS_REGION, EKS_CLUSTER_NAME are not set",
            "source .env.eks (shipway setup eks writes it)",
        ),
        (
            {"AWS_ACCOUNT_ID": ""},
            "AWS_ACCOUNT_ID is not set",
            "source .env.eks (shipway setup eks writes it)",
        ),
        (
            {"AWS_REGION": "us-east-1"},
            f"ECR_REPO_URI is of another region than AWS_REGION=us-east-1: {HOST}/sample-app",
            "source .env.eks again: its variables belong together",
        ),
        (
            {"AWS_ACCOUNT_ID": "999999999999"},
            "ECR_REPO_URI is of another account than AWS_ACCOUNT_ID=999999999999: "
            f"{HOST}/sample-app",
            "source .env.eks again: its variables belong together",
        ),
        (
            {"ECR_REPO_URI": "localhost:5001/sample-app"},
            "ECR_REPO_URI is no repository of ECR: localhost:5001/sample-app",
            "write it as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/sample-app, "
            "or: source .env.eks",
        ),
        (
            {"ECR_REPO_URI": f"{HOST}/other"},
            f"ECR_REPO_URI is no repository sample-app, which shipway.yaml names: {HOST}/other",
            "correct image.repository in shipway.yaml, or ECR_REPO_URI in .env.eks",
        ),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked(
    changes: dict[str, str], problem: str, remedy: str
) -> None:
    with pytest.raises(ShipwayError) as caught:
        Settings.read({**GOOD, **changes}, "sample-app")
    assert (caught.value.exit_code, caught.value.problem, caught.value.remedy) == (
        2,
        problem,
        remedy,
    )
