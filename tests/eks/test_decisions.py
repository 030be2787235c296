"""Every decision of set-up and teardown as a table: facts in, what to do out."""

import re
from pathlib import Path

import pytest

from shipway.eks import (
    account,
    blueprint,
    bootstrap,
    inventory,
    outputs,
    resources,
    settings,
    stack,
    versions,
)
from shipway.eks.account import Account, Elsewhere, NoRegion
from shipway.eks.blueprint import Blueprint
from shipway.eks.cluster import Cluster, ClusterBroken, is_ready
from shipway.eks.inventory import Absent, Controller, Here, Inventory, Node
from shipway.eks.leftover import Key
from shipway.eks.outputs import OutputsIncomplete
from shipway.eks.resources import Resource
from shipway.eks.settings import Settings
from shipway.eks.stack import Create, Destroy, Stack, StackBroken, StackStuck, Update, Wait
from shipway.eks.versions import Offer, VersionNotOffered
from shipway.errors import ShipwayError
from tests.eks.account import MANIFEST, TEMPLATE

ROOT = Path(__file__).resolve().parents[2]

SOUND = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
AT_WORK = (
    "CREATE_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_IN_PROGRESS",
)
BROKEN = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
STUCK = ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED")
ABSENT = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


def of(status: str) -> Stack:
    return Stack("s", "eu-central-1", status)


@pytest.mark.parametrize("recreate", [False, True])
@pytest.mark.parametrize(
    ("found", "then"),
    [
        (None, Create()),
        *((of(status), Create()) for status in ABSENT),
        *((of(status), Update()) for status in SOUND),
        *((of(status), Wait(status)) for status in AT_WORK),
    ],
)
def test_what_a_status_allows_before_a_deployment(
    found: Stack | None, then: object, recreate: bool
) -> None:
    assert stack.before_deploy(found, recreate=recreate) == then


@pytest.mark.parametrize("status", BROKEN)
def test_a_broken_stack_goes_only_when_that_is_asked_for(status: str) -> None:
    assert stack.before_deploy(of(status), recreate=True) == Destroy(status)
    with pytest.raises(StackBroken):
        stack.before_deploy(of(status), recreate=False)


@pytest.mark.parametrize("recreate", [False, True])
@pytest.mark.parametrize("status", [*STUCK, "A_STATUS_OF_TOMORROW"])
def test_what_we_do_not_understand_is_left_to_a_person(status: str, recreate: bool) -> None:
    with pytest.raises(StackStuck):
        stack.before_deploy(of(status), recreate=recreate)


@pytest.mark.parametrize(
    ("found", "then"),
    [
        (None, None),
        (of("DELETE_COMPLETE"), None),
        *((of(status), Wait(status)) for status in AT_WORK),
        *((of(status), Destroy(status)) for status in (*SOUND, *BROKEN, *STUCK)),
        (of("REVIEW_IN_PROGRESS"), Destroy("REVIEW_IN_PROGRESS")),
    ],
)
def test_what_a_status_allows_before_a_teardown(found: Stack | None, then: object) -> None:
    assert stack.before_destroy(found) == then


OFFERS = (
    Offer("1.9", "STANDARD_SUPPORT"),
    Offer("1.36", "STANDARD_SUPPORT", "2027-08-02", "2028-08-02"),
    Offer("1.31", "EXTENDED_SUPPORT", "2025-11-26", "2026-11-26"),
    Offer("1.30", "UNSUPPORTED"),
)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("1.36", "Kubernetes 1.36, in standard support until 2027-08-02"),
        ("1.9", "Kubernetes 1.9, in standard support"),
        (
            "1.31",
            "warning: Kubernetes 1.31 is in extended support until 2026-11-26, which costs extra",
        ),
    ],
)
def test_a_version_that_can_be_had(wanted: str, says: str) -> None:
    assert versions.judge(wanted, OFFERS) == says


@pytest.mark.parametrize("wanted", ["1.30", "1.99"])
def test_a_version_that_cannot_be_had_names_the_newest_that_can(wanted: str) -> None:
    with pytest.raises(VersionNotOffered) as refused:
        versions.judge(wanted, OFFERS)
    assert refused.value.offered == ("1.36", "1.9")
    assert refused.value.remedy == "export EKS_KUBERNETES_VERSION=1.36"


def test_without_any_offer_there_is_no_version_to_name() -> None:
    with pytest.raises(VersionNotOffered) as refused:
        versions.judge("1.35", ())
    assert str(refused.value) == (
        "EKS makes no cluster with Kubernetes 1.35; it offers no version at all"
    )
    assert refused.value.remedy is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "CDK was never bootstrapped here"),
        ("5", "CDK's bootstrap is of version 5, 6 is needed"),
        ("6", None),
        ("28", None),
    ],
)
def test_when_the_account_must_be_bootstrapped(value: str | None, why: str | None) -> None:
    assert bootstrap.missing(value) == why


@pytest.mark.parametrize(
    ("environment", "profile", "region"),
    [
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "c", "a"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "b"}, "c", "b"),
        ({}, "c", "c"),
    ],
)
def test_the_region_is_the_nearest_that_was_chosen(
    environment: dict[str, str], profile: str, region: str
) -> None:
    assert account.region(environment, profile) == region


def test_no_region_is_chosen_for_anybody() -> None:
    with pytest.raises(NoRegion):
        account.region({}, None)


HERE = Account("1", "eu-central-1", "arn")


@pytest.mark.parametrize(
    ("environment", "written"),
    [
        ({}, {}),
        ({"AWS_ACCOUNT_ID": "1"}, {"AWS_ACCOUNT_ID": "1", "AWS_REGION": "eu-central-1"}),
        ({"AWS_ACCOUNT_ID": ""}, {}),
    ],
)
def test_an_account_that_was_meant(environment: dict[str, str], written: dict[str, str]) -> None:
    account.check(HERE, environment, written)


@pytest.mark.parametrize(
    ("environment", "written", "error"),
    [
        (
            {"AWS_ACCOUNT_ID": "2"},
            {},
            Elsewhere("account", "1", "2", "AWS_ACCOUNT_ID", "the environment"),
        ),
        ({}, {"AWS_ACCOUNT_ID": "2"}, Elsewhere("account", "1", "2", "AWS_ACCOUNT_ID", ".env.eks")),
        (
            {},
            {"AWS_REGION": "us-east-1"},
            Elsewhere("region", "eu-central-1", "us-east-1", "AWS_REGION", ".env.eks"),
        ),
    ],
)
def test_an_account_that_was_not_meant(
    environment: dict[str, str], written: dict[str, str], error: Elsewhere
) -> None:
    with pytest.raises(Elsewhere) as refused:
        account.check(HERE, environment, written)
    assert (refused.value.problem, refused.value.remedy) == (error.problem, error.remedy)


@pytest.mark.parametrize(
    ("status", "ready"),
    [("ACTIVE", True), ("UPDATING", True), ("CREATING", False), ("PENDING", False)],
)
def test_a_cluster_that_is_or_will_be_ready(status: str, ready: bool) -> None:
    assert is_ready(Cluster("c", "arn", "r", status, "")) is ready


@pytest.mark.parametrize("status", ["FAILED", "DELETING", "A_STATUS_OF_TOMORROW"])
def test_a_cluster_that_never_will_be_ready(status: str) -> None:
    with pytest.raises(ClusterBroken) as broken:
        is_ready(Cluster("c", "arn", "r", status, "", ("IamNodeRoleNotFound: gone",)))
    assert broken.value.details == ("IamNodeRoleNotFound: gone",)


@pytest.mark.parametrize(
    ("judge", "found", "verdict"),
    [
        (
            inventory.nodes(2),
            Inventory(nodes=(Node("a", ready=True), Node("b", ready=False))),
            Absent("1 of 2 nodes Ready, 2 joined"),
        ),
        (
            inventory.nodes(1),
            Inventory(nodes=(Node("a", ready=True), Node("b", ready=True))),
            Here("2 nodes Ready"),
        ),
        (
            inventory.controller,
            Inventory(),
            Absent("no Deployment kube-system/aws-load-balancer-controller"),
        ),
        (
            inventory.controller,
            Inventory(controller=Controller(2, 1)),
            Absent("aws-load-balancer-controller: 1 of 2 available"),
        ),
        (
            inventory.controller,
            Inventory(controller=Controller(0, 0)),
            Absent("aws-load-balancer-controller: 0 of 0 available"),
        ),
        (
            inventory.controller,
            Inventory(controller=Controller(2, 2)),
            Here("aws-load-balancer-controller: 2 of 2 available"),
        ),
        (
            inventory.namespaces(("dev", "prod")),
            Inventory(namespaces=("default",)),
            Absent("no active namespace dev, prod"),
        ),
        (
            inventory.namespaces(("dev", "prod")),
            Inventory(namespaces=("default", "dev", "prod")),
            Here("dev, prod"),
        ),
    ],
)
def test_what_a_cluster_must_hold(
    judge: inventory.Judge, found: Inventory, verdict: Here | Absent
) -> None:
    assert judge(found) == verdict


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"other": {"A": "1"}}'])
def test_a_torn_outputs_file_has_no_outputs(text: str) -> None:
    assert outputs.read(text, "s") == {}


def test_an_output_that_is_missing_or_empty_is_named() -> None:
    with pytest.raises(OutputsIncomplete) as incomplete:
        outputs.complete({"A": "1", "B": " ", "D": ""}, ("A", "B", "C"), "s")
    assert incomplete.value.missing == ("B", "C", "D")


def test_the_settings_are_read_back_as_they_were_written() -> None:
    text = settings.render(Settings("1", "eu-central-1", "uri/it's one", "c"))
    assert settings.parse(f"# by hand\n\n{text}echo no\n") == {
        "DEPLOYMENT_TARGET": "eks",
        "AWS_ACCOUNT_ID": "1",
        "AWS_REGION": "eu-central-1",
        "ECR_REPO_URI": "uri/it's one",
        "EKS_CLUSTER_NAME": "c",
    }


@pytest.mark.parametrize(
    ("context", "environment", "written", "name"),
    [
        ({"shipway:cluster-name": "a"}, {"EKS_CLUSTER_NAME": "b"}, {}, "a"),
        ({}, {"EKS_CLUSTER_NAME": "b"}, {"EKS_CLUSTER_NAME": "c"}, "b"),
        ({}, {"EKS_CLUSTER_NAME": ""}, {"EKS_CLUSTER_NAME": "c"}, "c"),
        ({}, {}, {}, "dagger-demo-eks"),
    ],
)
def test_the_cluster_of_a_teardown_is_the_one_that_set_up_made(
    context: dict[str, object], environment: dict[str, str], written: dict[str, str], name: str
) -> None:
    assert settings.cluster_name(context, environment, written) == name


def test_the_cluster_s_usual_name_is_that_of_infra() -> None:
    text = (ROOT / "infra" / "config.py").read_text(encoding="utf-8")
    assert re.findall(r'cluster_name: str = "(.*)"', text) == [settings.CLUSTER]


def test_the_template_says_what_the_stack_would_make() -> None:
    name = blueprint.stack_name(MANIFEST)
    assert blueprint.read(TEMPLATE, name) == Blueprint(
        stack="dagger-demo-eks",
        cluster="dagger-demo-eks",
        version="1.35",
        repositories=("charts/sample-app", "sample-app"),
        namespaces=("dev", "prod", "staging"),
        nodes=2,
        resources=10,
        provider=True,
    )


@pytest.mark.parametrize(
    ("statuses", "total", "told"),
    [
        ([], 0, "0 resources complete"),
        (["CREATE_COMPLETE", "UPDATE_COMPLETE"], 0, "2 resources complete"),
        (
            ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"],
            71,
            "1 of 71 resources complete, EKS::Addon 1 at work",
        ),
        (
            ["CREATE_IN_PROGRESS", "CREATE_FAILED", "UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"],
            2,
            "0 of 4 resources complete, EKS::Addon 0 and 2 more at work",
        ),
        (
            ["CREATE_COMPLETE", "DELETE_COMPLETE", "DELETE_SKIPPED", "DELETE_IN_PROGRESS"],
            71,
            "2 of 4 resources deleted, EKS::Addon 3 at work",
        ),
    ],
)
def test_a_stack_s_progress_counts_what_is_done_and_names_what_is_at_work(
    statuses: list[str], total: int, told: str
) -> None:
    found = [Resource(str(n), "AWS::EKS::Addon", each) for n, each in enumerate(statuses)]
    assert resources.progress(found, total) == told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            Key("a", "PendingDeletion", "2026-11-29"),
            "key a, which nobody can use any more and which goes on 2026-11-29",
        ),
        (Key("a", "Disabled"), "key a, disabled"),
        (Key("a", "Enabled"), "key a, enabled"),
    ],
)
def test_a_key_that_is_left_says_for_how_long(key: Key, told: str) -> None:
    assert key.told == told


def test_every_refusal_has_a_remedy() -> None:
    refusals: list[ShipwayError] = [
        StackBroken(of("ROLLBACK_COMPLETE")),
        StackStuck(of("UPDATE_FAILED")),
        NoRegion(),
        OutputsIncomplete("s", ("A",)),
        ClusterBroken("c", "r", "FAILED", ()),
    ]
    assert all(each.remedy for each in refusals)
