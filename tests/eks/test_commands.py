"""The exact lines of what set-up and teardown start or tell people to type."""

from pathlib import PurePath

import pytest

from shipway.commands import aws, helm, kubectl
from shipway.commands.cdk import Cdk
from shipway.commands.command import Command
from shipway.commands.helm import Cluster, Release

CDK = Cdk(PurePath("n"), PurePath("infra"), {"AWS_REGION": "r"})
STARTED = "n/bin/node n/lib/node_modules/npm/bin/npx-cli.js --yes --prefer-offline aws-cdk@2.1148.1"
CLUSTER = Cluster(PurePath("k"), "c")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (CDK.version(), f"{STARTED} --version"),
        (CDK.synth(PurePath("out")), f"{STARTED} synth --quiet --output out"),
        (CDK.bootstrap("1", "r"), f"{STARTED} bootstrap aws://1/r"),
        (
            CDK.deploy("s", PurePath("out"), PurePath("o.json")),
            f"{STARTED} deploy s --app out --outputs-file o.json --require-approval never --progress events",
        ),
        (
            aws.update_kubeconfig("c", "r", PurePath("k"), "a"),
            "aws eks update-kubeconfig --name c --region r --kubeconfig k --alias a",
        ),
        (
            aws.continue_update_rollback("s", "r"),
            "aws cloudformation continue-update-rollback --stack-name s --region r",
        ),
        (
            aws.delete_repository("charts/a", "r"),
            "aws ecr delete-repository --repository-name charts/a --force --region r",
        ),
        (
            helm.uninstall(Release("a-dev", "dev"), CLUSTER, timeout_seconds=300),
            "helm uninstall a-dev --namespace dev --ignore-not-found --wait --timeout 300s "
            "--kubeconfig k --kube-context c",
        ),
        (kubectl.describe_nodes(CLUSTER), "kubectl --kubeconfig k --context c describe nodes"),
        (kubectl.namespaces(CLUSTER), "kubectl --kubeconfig k --context c get namespaces"),
        (
            kubectl.forget("context", "c", PurePath("k")),
            "kubectl config delete-context c --kubeconfig k",
        ),
    ],
)
def test_a_command_is_this_line(command: Command, line: str) -> None:
    assert str(command) == line


def test_cdk_works_in_the_infrastructure_s_folder_and_hears_the_region_from_the_environment() -> (
    None
):
    assert CDK.version().cwd == PurePath("infra")
    assert CDK.version().env == {"AWS_REGION": "r"}
