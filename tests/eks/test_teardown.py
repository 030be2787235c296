"""Teardown, from a cluster with releases to an account without it, and from every state in between."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from drydock.resources import INGRESSES, SERVICES
from drydock.store import Store
from shipway.aws.cluster import kubeconfig_file
from shipway.eks.resources import Resource
from tests.aws.cloud import ACCOUNT, CLUSTER, REGION
from tests.eks.account import (
    AWS_VERSION,
    FORGET,
    OUTPUTS,
    PRIVATE_KUBECONFIG,
    UNINSTALL,
    Machine,
    lose_cluster,
    make_repositories,
)
from tests.eks.conftest import add

ARN = f"arn:aws:sts::{ACCOUNT}:user/moto"
LOOKED = {
    "programs": "unchanged: aws-cli 2.31.0",
    "account": f"unchanged: {ACCOUNT} in {REGION}, as {ARN}",
}
NO_BALANCERS = "no load balancer, target group or security group is left"
TAG: Any = {"Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER}


@pytest.fixture
async def there(machine: Machine) -> Machine:
    """After a set-up."""
    assert await machine.setup() == 0
    machine.stacks.on_delete = lose_cluster
    return machine


def balance() -> Callable[[], None]:
    """What the controller makes for an ingress; the answer takes it away. A stranger's stands beside it."""
    ec2, elb = boto3.client("ec2", REGION), boto3.client("elbv2", REGION)
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    elb.create_load_balancer(Name="of-a-stranger", Subnets=subnets)
    balancer = elb.create_load_balancer(Name="k8s-dev", Subnets=subnets, Tags=[TAG])
    group = elb.create_target_group(Name="k8s-dev", Protocol="HTTP", Port=80, VpcId=vpc, Tags=[TAG])
    secured = ec2.create_security_group(
        GroupName="k8s",
        Description="of the load balancer",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [TAG]}],
    )

    def remove() -> None:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"])
        elb.delete_target_group(TargetGroupArn=group["TargetGroups"][0]["TargetGroupArn"])
        ec2.delete_security_group(GroupId=secured["GroupId"])

    return remove


async def test_the_cluster_goes_and_nothing_leads_to_it_any_more(
    there: Machine, store: Store
) -> None:
    add(store, INGRESSES, "sample-app", {"spec": {}}, "dev")
    add(store, SERVICES, "balanced", {"spec": {"type": "LoadBalancer"}}, "prod")
    add(store, SERVICES, "inside", {"spec": {"type": "ClusterIP"}}, "prod")
    there.effects[UNINSTALL[2]] = balance()
    assert await there.teardown() == 0
    assert there.told == {
        **LOOKED,
        "stack": f"unchanged: {CLUSTER} is in CREATE_COMPLETE",
        "releases": "done: 3 releases and every ingress are deleted",
        "balancers": f"unchanged: {NO_BALANCERS}",
        "destroy": f"done: the stack {CLUSTER} is gone",
        "forget": f"done: removed the context {CLUSTER} and .env.eks",
        "leftovers": f"unchanged: nothing is left in {ACCOUNT}, {REGION}",
    }
    assert there.ran == [AWS_VERSION, PRIVATE_KUBECONFIG, *UNINSTALL, *FORGET]
    assert not there.settings.exists()
    assert store.list(INGRESSES, "dev") == []
    assert [each["metadata"]["name"] for each in store.list(SERVICES, "prod")] == ["inside"]


async def test_a_second_teardown_finds_nothing_to_do(there: Machine) -> None:
    await there.teardown()
    there.kubeconfig.unlink()
    assert await there.teardown() == 0
    assert there.told == {
        **LOOKED,
        "stack": f"unchanged: no stack {CLUSTER}",
        "releases": "unchanged: there is no cluster to hold any",
        "balancers": f"unchanged: {NO_BALANCERS}",
        "destroy": f"unchanged: no stack {CLUSTER}",
        "forget": f"unchanged: nothing here leads to {CLUSTER}",
        "leftovers": f"unchanged: nothing is left in {ACCOUNT}, {REGION}",
    }


async def test_set_up_again_after_a_teardown_is_as_the_first_time(there: Machine) -> None:
    settings = there.settings.read_text()
    await there.teardown()
    assert await there.setup() == 0
    assert there.told["deploy"] == f"done: {CLUSTER} is deployed"
    assert there.settings.read_text() == settings


async def test_the_stack_is_not_touched_while_a_load_balancer_is_left(there: Machine) -> None:
    there.limit = 0.05
    balance()
    assert await there.teardown() == 1
    stage, problem, details, remedy = there.failure
    assert stage == "balancers"
    assert problem == (
        "after 0 s 3 things in the VPC are still there, and it cannot go before them"
    )
    assert details[:2] == ("load balancer k8s-dev", "target group k8s-dev")
    assert details[2].startswith("security group sg-")
    assert remedy == (
        f"delete them by hand (aws elbv2 describe-load-balancers --region {REGION}), "
        "then: shipway teardown eks"
    )
    assert "DeleteStack" not in there.stacks.calls
    assert there.settings.exists()


async def test_nobody_waits_for_the_controller_of_a_cluster_that_is_gone(machine: Machine) -> None:
    machine.stacks.make(CLUSTER, "DELETE_FAILED")
    remove = balance()
    assert await machine.teardown() == 1
    assert machine.failure[:2] == (
        "balancers",
        "no controller lives any more, and 3 things in the VPC are still there, "
        "and it cannot go before them",
    )
    assert machine.progress == []
    remove()
    assert await machine.teardown() == 0


async def test_an_ingress_that_its_controller_holds_is_told(there: Machine, store: Store) -> None:
    there.limit = 0.05
    held = {"name": "sample-app", "namespace": "dev", "finalizers": ["ingress.k8s.aws/resources"]}
    store.create(INGRESSES, {"metadata": held, "spec": {}})
    assert await there.teardown() == 1
    assert there.failure == (
        "releases",
        "the ingresses: after 0 s still there: Ingress dev/sample-app",
        (),
        f"kubectl --kubeconfig {{run}}/kubeconfig --context {CLUSTER} logs --namespace kube-system "
        "--selector app.kubernetes.io/name=aws-load-balancer-controller; "
        "then the same command again: what is done stays done",
    )
    assert "DeleteStack" not in there.stacks.calls


async def test_a_silent_cluster_without_load_balancers_is_destroyed_all_the_same(
    there: Machine,
) -> None:
    there.kubeconfig_text = there.kubeconfig_text.replace(there.endpoint, "https://127.0.0.1:1")
    assert await there.teardown() == 0
    assert there.told["releases"].startswith(
        "done: passed over: the cluster at https://127.0.0.1:1"
    )
    assert there.told["destroy"] == f"done: the stack {CLUSTER} is gone"


async def test_a_silent_cluster_with_load_balancers_is_not_destroyed(there: Machine) -> None:
    balance()
    there.kubeconfig_text = there.kubeconfig_text.replace(there.endpoint, "https://127.0.0.1:1")
    assert await there.teardown() == 1
    assert there.failure[0] == "releases"
    assert there.failure[1].startswith("the cluster at https://127.0.0.1:1 does not answer")
    assert "DeleteStack" not in there.stacks.calls


@pytest.mark.parametrize(
    "status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"]
)
async def test_a_failed_stack_without_a_cluster_is_destroyed(machine: Machine, status: str) -> None:
    machine.stacks.make(CLUSTER, status)
    assert await machine.teardown() == 0
    assert machine.told["stack"] == f"unchanged: {CLUSTER} is in {status}"
    assert machine.told["releases"] == "unchanged: there is no cluster to hold any"
    assert machine.told["destroy"] == f"done: the stack {CLUSTER} is gone"


async def test_a_stack_at_work_is_waited_for_before_it_is_destroyed(machine: Machine) -> None:
    machine.stacks.make(CLUSTER, *["CREATE_IN_PROGRESS"] * 3, "CREATE_COMPLETE", outputs=OUTPUTS)
    assert await machine.teardown() == 0
    assert machine.told["stack"] == f"done: {CLUSTER} is in CREATE_COMPLETE"
    assert machine.told["destroy"] == f"done: the stack {CLUSTER} is gone"


async def test_a_stack_that_stays_is_told_and_its_settings_too(there: Machine) -> None:
    there.stacks.after_delete = ("DELETE_IN_PROGRESS", "DELETE_FAILED")
    there.stacks.failures = [("Vpc", "has dependencies and cannot be deleted")]
    assert await there.teardown() == 1
    assert there.failure[:3] == (
        "destroy",
        f"the stack {CLUSTER} could not be deleted: DELETE_FAILED",
        ("Vpc: has dependencies and cannot be deleted",),
    )
    assert there.settings.exists()
    there.stacks.after_delete = ("gone",)
    there.stacks.on_delete = list
    assert await there.teardown() == 0
    assert not there.settings.exists()


@dataclass(frozen=True, slots=True)
class Network:
    """Of the stack, with what lives in it: an interface that a node left behind, and one that somebody made."""

    vpc: str
    left_behind: str
    of_somebody: str
    group: str


def network(machine: Machine) -> Network:
    ec2 = boto3.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    left_behind, of_somebody = (
        ec2.create_network_interface(SubnetId=subnet, Description=description)["NetworkInterface"][
            "NetworkInterfaceId"
        ]
        for description in ("aws-K8S-i-0123456789", "made by hand")
    )
    group = ec2.create_security_group(GroupName="by-hand", Description="by hand", VpcId=vpc)
    machine.stacks.resources = [Resource("Vpc", "AWS::EC2::VPC", "DELETE_FAILED", vpc)]
    return Network(vpc, left_behind, of_somebody, group["GroupId"])


def interfaces(vpc: str) -> list[str]:
    inside: Any = [{"Name": "vpc-id", "Values": [vpc]}]
    found = boto3.client("ec2", REGION).describe_network_interfaces(Filters=inside)
    return [each["NetworkInterfaceId"] for each in found["NetworkInterfaces"]]


async def test_what_nodes_left_in_the_network_is_removed_and_the_stack_goes(
    machine: Machine,
) -> None:
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    there = network(machine)
    machine.stacks.after_delete = ("DELETE_IN_PROGRESS", "DELETE_FAILED")

    def second_time() -> None:
        machine.stacks.after_delete = ("gone",)

    machine.stacks.on_delete = second_time
    assert await machine.teardown() == 0
    assert machine.told["destroy"] == f"done: the stack {CLUSTER} is gone"
    assert f"removed what nodes had left behind: {there.left_behind}" in machine.lines("destroy")
    assert interfaces(there.vpc) == [there.of_somebody]
    assert machine.stacks.calls.count("DeleteStack") == 2


async def test_what_holds_the_network_back_is_named(machine: Machine) -> None:
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    there = network(machine)
    machine.stacks.after_delete = ("DELETE_IN_PROGRESS", "DELETE_FAILED")
    machine.stacks.failures = [("Vpc", "has dependencies and cannot be deleted")]
    assert await machine.teardown() == 1
    assert machine.failure == (
        "destroy",
        f"the stack {CLUSTER} could not be deleted: DELETE_FAILED",
        (
            "Vpc: has dependencies and cannot be deleted",
            f"network interface {there.of_somebody} (made by hand, available)",
            f"security group {there.group} (by-hand)",
        ),
        "remove what stands in its way, then the same command again; all of it: "
        f"aws cloudformation describe-stack-events --stack-name {CLUSTER} --region {REGION}",
    )


async def test_the_deletion_of_the_stack_tells_how_far_it_is(machine: Machine) -> None:
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    machine.stacks.resources = [
        Resource("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE"),
        Resource("Nodes", "AWS::EKS::Nodegroup", "DELETE_IN_PROGRESS"),
        Resource("Images", "AWS::ECR::Repository", "DELETE_COMPLETE"),
    ]
    assert await machine.teardown() == 0
    assert machine.progress == [
        f"stack {CLUSTER} DELETE_IN_PROGRESS, 1 of 3 resources deleted, EKS::Nodegroup Nodes at work"
    ]


async def test_an_aws_that_refuses_for_a_moment_does_not_end_the_wait(machine: Machine) -> None:
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    machine.stacks.throttled = 2
    assert await machine.teardown() == 0
    assert machine.lines("destroy")[1] == (
        "waiting: AWS throttles cloudformation:DescribeStacks, after several tries too"
    )
    assert machine.told["destroy"] == f"done: the stack {CLUSTER} is gone"


async def test_an_aws_that_goes_on_refusing_does(machine: Machine) -> None:
    machine.limit = 0.05
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    machine.stacks.throttled = 1000
    assert await machine.teardown() == 1
    assert machine.failure[1] == (
        "the stack: after 0 s still AWS throttles cloudformation:DescribeStacks, "
        "after several tries too"
    )


async def test_what_stays_in_the_account_is_named(machine: Machine) -> None:
    make_repositories()
    kms = boto3.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    gone = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["DeletionDate"]
    machine.stacks.resources.append(Resource("Secrets", "AWS::KMS::Key", "CREATE_COMPLETE", key))
    machine.stacks.make(CLUSTER, "CREATE_COMPLETE")
    machine.stacks.statuses["CDKToolkit"] = ["CREATE_COMPLETE"]
    for name in (
        f"/aws/eks/{CLUSTER}/cluster",
        f"/aws/lambda/{CLUSTER}-Kubectl",
        "/aws/eks/other/a",
    ):
        boto3.client("logs", REGION).create_log_group(logGroupName=name)
    volume = boto3.client("ec2", REGION).create_volume(
        AvailabilityZone=f"{REGION}a",
        Size=1,
        TagSpecifications=[
            {
                "ResourceType": "volume",
                "Tags": [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}],
            }
        ],
    )["VolumeId"]
    assert await machine.teardown() == 0
    assert machine.told["leftovers"] == (
        f"unchanged: left in {ACCOUNT}, {REGION}: repository sample-app, repository "
        f"charts/sample-app, volume {volume}, log group /aws/eks/{CLUSTER}/cluster, "
        f"log group /aws/lambda/{CLUSTER}-Kubectl, "
        f"key {key}, which nobody can use any more and which goes on {gone.date()}, "
        "the stack CDKToolkit, which other CDK apps use too"
    )


async def test_a_second_teardown_still_names_what_the_first_one_left(machine: Machine) -> None:
    kms = boto3.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    gone = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["DeletionDate"]
    machine.stacks.resources.append(Resource("Secrets", "AWS::KMS::Key", "DELETE_COMPLETE", key))
    machine.stacks.deleted = [CLUSTER, "another-stack"]
    make_repositories()
    assert await machine.teardown() == 0
    assert machine.told["leftovers"] == (
        f"unchanged: left in {ACCOUNT}, {REGION}: repository sample-app, repository "
        "charts/sample-app, "
        f"key {key}, which nobody can use any more and which goes on {gone.date()}"
    )
    assert machine.stacks.calls.count("ListStackResources") == 1  # of no stack of another name


async def test_the_way_in_goes_and_those_into_other_clusters_stay(there: Machine) -> None:
    files = [
        there.root / kubeconfig_file(account, REGION, name)
        for account, name in ((ACCOUNT, CLUSTER), (ACCOUNT, "another"), ("210987654321", CLUSTER))
    ]
    files[0].parent.mkdir(parents=True)
    for file in files:
        file.touch()
    assert await there.teardown() == 0
    assert [file.exists() for file in files] == [False, True, True]
    assert there.told["forget"] == (
        f"done: removed the context {CLUSTER} and {files[0].name} and .env.eks"
    )


async def test_more_log_groups_than_aws_tells_at_once_are_all_named(machine: Machine) -> None:
    names = [f"/aws/lambda/{CLUSTER}-{number:02}" for number in range(51)]
    for name in names:
        boto3.client("logs", REGION).create_log_group(logGroupName=name)
    assert await machine.teardown() == 0
    assert machine.told["leftovers"].endswith(", ".join(f"log group {name}" for name in names))


async def test_the_settings_of_another_cluster_stay(there: Machine) -> None:
    there.settings.write_text(there.settings.read_text().replace(CLUSTER, "another-cluster"))
    assert await there.teardown() == 0
    assert there.settings.exists()
    assert there.told["forget"] == f"done: removed the context {CLUSTER}"
