"""Set-up, from an empty account to `.env.eks`, and from every state in which it may be found."""

from collections.abc import Callable

import boto3
import pytest

from drydock.resources import NODES
from drydock.store import Store
from shipway.eks.resources import Resource
from tests.aws.cloud import ACCESS_KEY, ACCOUNT, CLUSTER, REGION, SECRET_KEY
from tests.eks.account import (
    AWS_VERSION,
    BOOTSTRAP,
    CDK_VERSION,
    DEPLOY,
    KUBECONFIG,
    OUTPUTS,
    SYNTH,
    URI,
    Machine,
    bootstrap,
    make_cluster,
    make_repositories,
)

ARN = f"arn:aws:sts::{ACCOUNT}:user/moto"
LOOKED = {
    "programs": "unchanged: aws-cli 2.31.0, cdk 2.1148.1",
    "account": f"unchanged: {ACCOUNT} in {REGION}, as {ARN}",
    "infrastructure": f"unchanged: stack {CLUSTER}: Kubernetes 1.35, at least 2 nodes, namespaces dev, prod, staging",
    "version": "unchanged: Kubernetes 1.35, in standard support until 2027-03-27",
}
INSIDE = {
    "nodes": "unchanged: 2 nodes Ready",
    "controller": "unchanged: aws-load-balancer-controller: 2 of 2 available",
    "namespaces": "unchanged: dev, staging, prod",
}
FILE = (
    "export DEPLOYMENT_TARGET=eks\n"
    f"export AWS_ACCOUNT_ID={ACCOUNT}\n"
    f"export AWS_REGION={REGION}\n"
    f"export ECR_REPO_URI={URI}/sample-app\n"
    f"export EKS_CLUSTER_NAME={CLUSTER}\n"
)


async def test_an_empty_account_becomes_a_cluster_to_release_to(machine: Machine) -> None:
    assert await machine.setup() == 0
    assert machine.told == {
        **LOOKED,
        "bootstrap": f"done: bootstrapped {ACCOUNT} in {REGION}",
        "stack": "unchanged: none yet, and nothing in its way",
        "deploy": f"done: {CLUSTER} is deployed",
        "cluster": f"unchanged: {CLUSTER} is ACTIVE",
        "kubeconfig": f"done: context {CLUSTER} in {{kubeconfig}}",
        **INSIDE,
        "settings": "done: .env.eks is written: source .env.eks",
    }
    assert machine.ran == [AWS_VERSION, CDK_VERSION, SYNTH, BOOTSTRAP, DEPLOY, KUBECONFIG]
    assert machine.settings.read_text() == FILE
    assert machine.settings.stat().st_mode & 0o777 == 0o600


async def test_a_second_set_up_finds_all_of_it_there(machine: Machine) -> None:
    await machine.setup()
    assert await machine.setup() == 0
    assert {each.partition(":")[0] for each in machine.told.values()} == {"unchanged"}
    assert machine.ran == [AWS_VERSION, CDK_VERSION, SYNTH, DEPLOY]


async def test_a_plan_says_what_it_would_do_and_does_none_of_it(machine: Machine) -> None:
    assert await machine.setup(plan=True) == 0
    why = "CDK was never bootstrapped here"
    assert machine.told == {
        **LOOKED,
        "bootstrap": f"done: would run cdk bootstrap aws://{ACCOUNT}/{REGION}: {why}",
        "stack": "unchanged: none yet, and nothing in its way",
        "deploy": f"done: would run cdk deploy: make the stack {CLUSTER}, in about 20 minutes",
        "cluster": "done: would wait until the cluster is ACTIVE",
        "kubeconfig": "done: would write the cluster's context to {kubeconfig}",
        "nodes": "done: would wait for 2 nodes that are Ready",
        "controller": "done: would wait for the load balancer controller",
        "namespaces": "done: would wait for the namespaces dev, staging, prod",
        "settings": "done: would write .env.eks",
    }
    assert machine.ran == [AWS_VERSION, CDK_VERSION, SYNTH]
    assert not machine.settings.exists()
    assert not machine.kubeconfig.exists()


async def test_a_plan_for_a_cluster_that_is_there_finds_nothing_but_the_deployment_to_do(
    machine: Machine,
) -> None:
    await machine.setup()
    assert await machine.setup(plan=True) == 0
    told = machine.told
    assert told.pop("deploy") == f"done: would run cdk deploy: bring the stack {CLUSTER} up to date"
    assert {each.partition(":")[0] for each in told.values()} == {"unchanged"}
    assert machine.ran == [AWS_VERSION, CDK_VERSION, SYNTH]


async def test_a_stack_at_work_is_waited_for(machine: Machine) -> None:
    bootstrap()
    make_repositories()
    make_cluster(machine.endpoint)
    machine.stacks.make(
        CLUSTER,
        *["UPDATE_IN_PROGRESS"] * 3,
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
        outputs=OUTPUTS,
    )
    assert await machine.setup() == 0
    assert machine.told["stack"] == "done: UPDATE_COMPLETE"
    assert machine.lines("stack") == [
        "wait for the stack, which is in UPDATE_IN_PROGRESS",
        f"waiting: stack {CLUSTER} UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, 2 of 10 resources complete",
    ]


async def test_a_stack_that_is_being_deleted_is_made_anew_once_it_is_gone(machine: Machine) -> None:
    bootstrap()
    machine.stacks.make(CLUSTER, *["DELETE_IN_PROGRESS"] * 3, "gone")
    assert await machine.setup() == 0
    assert machine.told["stack"] == "done: none yet, and nothing in its way"
    assert machine.told["deploy"] == f"done: {CLUSTER} is deployed"


async def test_a_wait_that_ends_in_a_rollback_ends_in_a_refusal(machine: Machine) -> None:
    bootstrap()
    machine.stacks.failures = [("Vpc", "The maximum number of VPCs has been reached.")]
    machine.stacks.make(CLUSTER, *["CREATE_IN_PROGRESS"] * 3, "ROLLBACK_COMPLETE")
    assert await machine.setup() == 3
    assert machine.failure == (
        "stack",
        f"the stack {CLUSTER} is in ROLLBACK_COMPLETE and can only be deleted and made anew",
        ("Vpc: The maximum number of VPCs has been reached.",),
        "shipway setup eks --recreate",
    )
    assert DEPLOY not in machine.ran


@pytest.mark.parametrize(
    "status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"]
)
async def test_a_failed_stack_is_deleted_and_made_anew_when_that_is_asked_for(
    machine: Machine, status: str
) -> None:
    bootstrap()
    machine.stacks.make(CLUSTER, status)
    assert await machine.setup() == 3
    assert machine.failure[3] == "shipway setup eks --recreate"
    assert await machine.setup(plan=True, recreate=True) == 0
    assert (
        machine.told["stack"]
        == f"done: would delete the stack, which is in {status}, to make it anew"
    )
    assert "DeleteStack" not in machine.stacks.calls
    assert await machine.setup(recreate=True) == 0
    assert machine.told["stack"] == "done: none yet, and nothing in its way"
    assert machine.settings.read_text() == FILE


async def test_recreate_does_not_touch_a_sound_stack(machine: Machine) -> None:
    await machine.setup()
    assert await machine.setup(recreate=True) == 0
    assert "DeleteStack" not in machine.stacks.calls


async def test_a_stack_that_cannot_be_deleted_is_told_with_its_reason(machine: Machine) -> None:
    bootstrap()
    machine.stacks.make(CLUSTER, "ROLLBACK_COMPLETE")
    machine.stacks.after_delete = ("DELETE_IN_PROGRESS", "DELETE_FAILED")
    machine.stacks.failures = [("Vpc", "has dependencies and cannot be deleted")]
    assert await machine.setup(recreate=True) == 1
    assert machine.failure == (
        "stack",
        f"the stack {CLUSTER} could not be deleted: DELETE_FAILED",
        ("Vpc: has dependencies and cannot be deleted",),
        "remove what stands in its way, then the same command again; all of it: "
        f"aws cloudformation describe-stack-events --stack-name {CLUSTER} --region {REGION}",
    )


@pytest.mark.parametrize(
    ("status", "verb"),
    [("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"), ("UPDATE_FAILED", "rollback-stack")],
)
async def test_a_stack_that_waits_for_a_person_is_not_touched(
    machine: Machine, status: str, verb: str
) -> None:
    bootstrap()
    machine.stacks.make(CLUSTER, status, outputs=OUTPUTS)
    assert await machine.setup(recreate=True) == 3
    stage, problem, _, remedy = machine.failure
    assert stage == "stack"
    assert problem == f"the stack {CLUSTER} is in {status}: CloudFormation waits for a person"
    assert remedy == (
        f"aws cloudformation {verb} --stack-name {CLUSTER} --region {REGION}, then: shipway setup eks"
    )


async def test_what_others_made_of_the_same_name_is_not_taken_over(machine: Machine) -> None:
    bootstrap()
    make_repositories()
    make_cluster(machine.endpoint)
    provider = boto3.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    assert await machine.setup() == 3
    delete = "if nobody needs its images: aws ecr delete-repository --repository-name"
    assert machine.failure == (
        "stack",
        f"there is no stack {CLUSTER}, but what it would make is there already: the repository "
        f"charts/sample-app, the repository sample-app, the cluster {CLUSTER}, GitHub's OIDC provider",
        (
            f"charts/sample-app, {delete} charts/sample-app --force --region {REGION}",
            f"sample-app, {delete} sample-app --force --region {REGION}",
            f"{CLUSTER}: choose another name, export EKS_CLUSTER_NAME=…, or if nobody needs it: "
            f"aws eks delete-cluster --name {CLUSTER} --region {REGION}",
            f"the provider, of which an account has one: export EKS_GITHUB_PROVIDER_ARN={provider}",
        ),
        "one of the above for each, then: shipway setup eks",
    )


async def test_an_old_bootstrap_is_renewed(machine: Machine) -> None:
    bootstrap("5")
    assert await machine.setup() == 0
    assert machine.lines("bootstrap") == [
        f"run cdk bootstrap aws://{ACCOUNT}/{REGION}: CDK's bootstrap is of version 5, 6 is needed"
    ]
    assert await machine.setup() == 0
    assert machine.told["bootstrap"] == "unchanged: CDK's bootstrap is of version 28"


def unsupported(machine: Machine) -> None:
    machine.versions[:] = [
        {"clusterVersion": "1.37", "versionStatus": "STANDARD_SUPPORT"},
        {"clusterVersion": "1.35", "versionStatus": "UNSUPPORTED"},
    ]


def no_region(machine: Machine) -> None:
    del machine.environment["AWS_REGION"]


def other_account(machine: Machine) -> None:
    machine.environment["AWS_ACCOUNT_ID"] = "999999999999"


def other_region(machine: Machine) -> None:
    machine.settings.write_text(FILE.replace(REGION, "us-east-1"))


def no_aws(machine: Machine) -> None:
    machine.environment["PATH"] = "/nowhere"


def no_infra(machine: Machine) -> None:
    machine.node.rename(machine.node.with_name("gone"))


def wrong_settings(machine: Machine) -> None:
    machine.effects[SYNTH] = machine.fails(
        "error: the settings of the infrastructure have a problem\n"
        "  EKS_ADMIN_ARNS: is not set: nobody could use the cluster\n"
        "  try: infra/README.md names every setting\n"
        "/bin/sh: exit code 2"
    )


def throttled(machine: Machine) -> None:
    machine.throttled = True


@pytest.mark.parametrize(
    ("spoil", "code", "failure"),
    [
        (
            no_aws,
            2,
            (
                "programs",
                "aws is not on your PATH, and kubectl starts it for every call to the cluster",
                (),
                "install the AWS CLI, version 2, or put .venv/bin on the PATH",
            ),
        ),
        (
            no_infra,
            2,
            (
                "programs",
                "infra/ has no environment of its own yet: .venv-infra with CDK and node",
                (),
                "make infra-setup",
            ),
        ),
        (
            no_region,
            2,
            (
                "account",
                "no AWS region is chosen, and none is chosen for you",
                (),
                "export AWS_REGION=eu-central-1, or the region that you want",
            ),
        ),
        (
            other_account,
            3,
            (
                "account",
                f"this would act in account {ACCOUNT}; AWS_ACCOUNT_ID in the environment says 999999999999",
                (),
                f"export AWS_PROFILE=… of that account; or, if {ACCOUNT} is right: unset AWS_ACCOUNT_ID",
            ),
        ),
        (
            other_region,
            3,
            (
                "account",
                f"this would act in region {REGION}; AWS_REGION in .env.eks says us-east-1",
                (),
                f"export AWS_REGION=us-east-1; or, if {REGION} is right: rm .env.eks",
            ),
        ),
        (
            wrong_settings,
            2,
            (
                "infrastructure",
                "the settings of the infrastructure have a problem",
                ("EKS_ADMIN_ARNS: is not set: nobody could use the cluster",),
                "correct that; infra/README.md explains each setting",
            ),
        ),
        (
            unsupported,
            3,
            (
                "version",
                "EKS makes no cluster with Kubernetes 1.35; it offers 1.37",
                (),
                "export EKS_KUBERNETES_VERSION=1.37",
            ),
        ),
        (
            throttled,
            1,
            (
                "version",
                "AWS throttles eks:DescribeClusterVersions, after several tries too",
                (),
                "try again in a minute",
            ),
        ),
        (
            lambda _machine: bootstrap("six"),
            1,
            (
                "bootstrap",
                "the SSM parameter /cdk-bootstrap/hnb659fds/version should be a number, not 'six'",
                (),
                "find out who wrote it; `cdk bootstrap` writes it anew",
            ),
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_what_stands_in_the_way_is_told_before_anything_is_made(
    machine: Machine,
    spoil: Callable[[Machine], None],
    code: int,
    failure: tuple[str, str, tuple[str, ...], str],
) -> None:
    spoil(machine)
    written = machine.settings.exists()
    assert await machine.setup() == code
    assert machine.failure == failure
    assert not {BOOTSTRAP, DEPLOY, KUBECONFIG} & set(machine.ran)
    assert machine.settings.exists() == written


async def test_a_version_in_extended_support_is_a_warning(machine: Machine) -> None:
    machine.versions[:] = [{"clusterVersion": "1.35", "versionStatus": "EXTENDED_SUPPORT"}]
    assert await machine.setup() == 0
    assert machine.told["version"] == (
        "unchanged: warning: Kubernetes 1.35 is in extended support, which costs extra"
    )


async def test_a_failed_deployment_is_told_with_what_failed_first_and_can_be_repeated(
    machine: Machine,
) -> None:
    def roll_back() -> None:
        machine.stacks.failures = [("Nodes", "not enough capacity"), ("Vpc", "and another")]
        machine.stacks.make(CLUSTER, "ROLLBACK_COMPLETE")

    machine.effects[DEPLOY] = machine.fails("❌ deployment failed", roll_back)
    assert await machine.setup() == 1
    assert machine.failure == (
        "deploy",
        f"cdk deploy failed: the stack {CLUSTER} is ROLLBACK_COMPLETE",
        ("Nodes: not enough capacity", "Vpc: and another"),
        "remove the cause, then: shipway setup eks --recreate",
    )
    assert not machine.settings.exists()
    machine.effects[DEPLOY] = machine.deploy
    assert await machine.setup(recreate=True) == 0
    assert machine.settings.read_text() == FILE


async def test_a_deployment_tells_how_far_it_is_and_not_what_cdk_says_of_itself(
    machine: Machine,
) -> None:
    flags = "83 feature flags are not configured. Run 'cdk flags --unstable=flags' to learn more."
    machine.effects[DEPLOY] = lambda: f"{machine.deploy()}\n{flags}"
    machine.waits[DEPLOY] = 3
    machine.stacks.resources = [
        Resource("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", "vpc-1"),
        Resource("Cluster", "AWS::EKS::Cluster", "CREATE_IN_PROGRESS"),
        Resource("Images", "AWS::ECR::Repository", "CREATE_IN_PROGRESS"),
    ]
    assert await machine.setup() == 0
    assert (
        machine.progress[:3]
        == [f"stack {CLUSTER}: 1 of 10 resources complete, EKS::Cluster Cluster and 1 more at work"]
        * 3
    )
    assert machine.lines("deploy")[1:] == [f"✅  {CLUSTER}"]


async def test_a_deployment_goes_on_where_nobody_may_know_how_far_it_is(machine: Machine) -> None:
    machine.waits[DEPLOY] = 1
    machine.stacks.denied = True
    assert await machine.setup() == 0
    assert machine.progress[0] == (
        f"stack {CLUSTER}: no word on its resources: "
        "AWS does not allow cloudformation:ListStackResources: not you"
    )
    assert machine.settings.read_text() == FILE


async def test_a_deployment_that_never_began_is_told_in_cdk_s_words(machine: Machine) -> None:
    machine.effects[DEPLOY] = machine.fails("this CDK CLI is not compatible")
    assert await machine.setup() == 1
    assert machine.failure == (
        "deploy",
        f"cdk deploy failed: the stack {CLUSTER} is not there",
        ("this CDK CLI is not compatible",),
        "remove the cause, then: shipway setup eks",
    )


async def test_an_empty_output_is_told_and_no_settings_are_written(machine: Machine) -> None:
    def deploy() -> str:
        said = machine.deploy()
        file = machine.run_folder / "outputs.json"
        file.write_text(file.read_text().replace(f'"{URI}/sample-app"', '""'))
        return said

    machine.effects[DEPLOY] = deploy
    assert await machine.setup() == 1
    assert machine.failure[:3] == (
        "deploy",
        f"the stack {CLUSTER} has no value for EcrRepositoryUri",
        (),
    )
    assert not machine.settings.exists()


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ("CREATING", f"the cluster: after 0 s still {CLUSTER} is CREATING"),
        ("FAILED", f"the cluster {CLUSTER} is FAILED, not ACTIVE"),
        ("DELETING", f"the cluster {CLUSTER} is DELETING, not ACTIVE"),
    ],
)
async def test_a_cluster_that_does_not_become_active_is_told(
    machine: Machine, status: str, problem: str
) -> None:
    bootstrap()
    machine.limit = 0.05
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE", outputs=OUTPUTS)
    make_cluster(machine.endpoint, status)
    assert await machine.setup() == 1
    assert machine.failure[:2] == ("cluster", problem)
    assert f"aws eks describe-cluster --name {CLUSTER} --region {REGION}" in str(machine.failure[3])


async def test_a_cluster_that_somebody_deleted_is_told(machine: Machine) -> None:
    bootstrap()
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE", outputs=OUTPUTS)
    assert await machine.setup() == 1
    assert machine.failure == (
        "cluster",
        f"there is no cluster {CLUSTER} in {REGION}, though the stack is complete",
        (),
        "somebody deleted it by hand: shipway teardown eks, then: shipway setup eks",
    )


async def test_missing_nodes_are_waited_for_then_told_and_found_the_next_time(
    machine: Machine, store: Store
) -> None:
    machine.limit = 0.05
    node = store.get(NODES, "", "node-b")
    assert node is not None
    store.delete(NODES, "", "node-b")
    assert await machine.setup() == 1
    assert machine.failure == (
        "nodes",
        "2 nodes that are Ready: after 0 s still 1 of 2 nodes Ready, 1 joined",
        (),
        f"kubectl --kubeconfig {{kubeconfig}} --context {CLUSTER} describe nodes; "
        "then the same command again: what is done stays done",
    )
    assert not machine.settings.exists()
    store.create(NODES, {"metadata": {"name": "node-b"}, "status": node["status"]})
    assert await machine.setup() == 0
    assert machine.settings.read_text() == FILE


async def test_a_cluster_that_does_not_know_us_says_how_to_get_in(machine: Machine) -> None:
    machine.kubeconfig_text = machine.kubeconfig_text.replace("the-token", "another-token")
    assert await machine.setup() == 1
    assert machine.failure[0] == "nodes"
    assert machine.failure[3] == (
        "name your role in EKS_ADMIN_ARNS, then: shipway setup eks; "
        f"who is in: aws eks list-access-entries --cluster-name {CLUSTER} --region {REGION}"
    )


async def test_no_secret_is_left_behind(machine: Machine) -> None:
    """The person's kubeconfig is left out: here it has a token, where aws would write a plugin."""
    assert await machine.setup() == 0
    files = {path for path in machine.root.rglob("*") if path.is_file()} - {machine.kubeconfig}
    assert machine.settings in files
    seen = [*machine.ran, *map(str, machine.events), *(file.read_text() for file in files)]
    for secret in (ACCESS_KEY, SECRET_KEY, "the-token-of-the-cluster"):
        assert not [text for text in seen if secret in text]
