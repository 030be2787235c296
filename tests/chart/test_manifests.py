"""What every environment's manifests have in common, and the traps they avoid."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.codecs import from_dict
from sample_app.service import Life, create_app
from sample_app.settings import Settings

if TYPE_CHECKING:
    from tests.chart.conftest import Chart

ENVIRONMENTS = ("dev", "staging", "prod", "eks-dev", "eks-staging", "eks-prod")
DIGEST = f"sha256:{'ab' * 32}"
OTHER = f"sha256:{'cd' * 32}"


def pod(manifests: Mapping[str, Any]) -> Any:
    return manifests["Deployment"]["spec"]["template"]["spec"]


def container(manifests: Mapping[str, Any]) -> Any:
    (only,) = pod(manifests)["containers"]
    return only


def environ(manifests: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each["name"]: each.get("value", each.get("valueFrom"))
        for each in container(manifests)["env"]
    }


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return selector.items() <= labels.items()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_every_field_is_one_that_the_api_knows(chart: "Chart", environment: str) -> None:
    for manifest in (await chart.render(environment)).values():
        read: Any = from_dict(manifest)
        assert read.to_dict() == manifest


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_every_object_is_named_for_the_chart_whatever_the_release(
    chart: "Chart", environment: str
) -> None:
    names = {each["metadata"]["name"] for each in (await chart.render(environment)).values()}

    assert names == {"sample-app", "sample-app-test-health"}


async def test_the_name_can_be_overridden(chart: "Chart") -> None:
    manifests = await chart.render("prod", fullnameOverride="other")

    assert {each["metadata"]["name"] for each in manifests.values()} == {
        "other",
        "other-test-health",
    }
    assert (
        manifests["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
        == "other"
    )
    assert manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "other"
    assert pod(manifests)["serviceAccountName"] == "other"
    assert "http://other:80/health" in manifests["Pod"]["spec"]["containers"][0]["args"]


async def test_the_service_leads_from_port_80_to_port_3000(chart: "Chart") -> None:
    manifests = await chart.render("dev")
    service = manifests["Service"]["spec"]

    assert service["ports"] == [
        {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    ]
    assert container(manifests)["ports"] == [
        {"name": "http", "containerPort": 3000, "protocol": "TCP"}
    ]
    assert environ(manifests)["PORT"] == "3000"
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert selects(service["selector"], labels)


async def test_an_image_runs_by_its_digest_and_the_tag_is_for_people(chart: "Chart") -> None:
    manifests = await chart.render("dev")

    assert container(manifests)["image"] == f"registry.example/sample-app@{DIGEST}"
    assert environ(manifests)["APP_DIGEST"] == DIGEST
    assert environ(manifests)["APP_TAG"] == "v1.2.0"


async def test_without_a_digest_an_image_runs_by_its_tag(chart: "Chart") -> None:
    manifests = await chart.render("dev", image={"digest": ""})

    assert container(manifests)["image"] == "registry.example/sample-app:v1.2.0"
    assert "APP_DIGEST" not in environ(manifests)


async def test_a_new_bundle_with_the_same_image_leaves_the_pods_alone(chart: "Chart") -> None:
    before = await chart.render("prod", release={"bundle": DIGEST, "chartDigest": DIGEST})
    after = await chart.render("prod", release={"bundle": OTHER, "chartDigest": OTHER})

    assert after["Deployment"]["metadata"]["annotations"] == {
        "shipway.dev/bundle": OTHER,
        "shipway.dev/chart-digest": OTHER,
        "shipway.dev/tag": "v1.2.0",
    }
    assert before["Deployment"]["spec"] == after["Deployment"]["spec"]


async def test_a_pod_listens_on_every_interface_unless_told_otherwise(chart: "Chart") -> None:
    anywhere = await chart.render("dev")
    own = await chart.render("dev", bindAddress="podIP")

    assert "HOST" not in environ(anywhere)
    assert environ(own)["HOST"] == {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_a_rollout_takes_no_pod_away_first_and_fails_before_the_tool_gives_up(
    chart: "Chart", environment: str
) -> None:
    spec = (await chart.render(environment))["Deployment"]["spec"]

    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "100%"},
    }
    assert spec["progressDeadlineSeconds"] == 100


@pytest.mark.parametrize(
    ("environment", "pause", "grace"),
    [
        ("dev", 2, 17),
        ("staging", 2, 17),
        ("prod", 2, 17),
        ("eks-dev", 15, 30),
        ("eks-staging", 15, 30),
        ("eks-prod", 15, 30),
    ],
)
async def test_a_pod_pauses_then_drains_and_its_grace_covers_both(
    chart: "Chart", environment: str, pause: int, grace: int
) -> None:
    manifests = await chart.render(environment)

    assert container(manifests)["lifecycle"] == {"preStop": {"sleep": {"seconds": pause}}}
    assert environ(manifests)["DRAIN_SECONDS"] == "10"
    assert pod(manifests)["terminationGracePeriodSeconds"] == grace > pause + 10


async def test_a_pause_of_nothing_is_left_out(chart: "Chart") -> None:
    assert "lifecycle" not in container(await chart.render("dev", preStopSeconds=0))


async def test_probes_and_the_test_ask_for_paths_that_the_service_has(chart: "Chart") -> None:
    manifests = await chart.render("dev")
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    probed = {container(manifests)[each]["httpGet"]["path"] for each in probes}
    routes = {getattr(each, "path", None) for each in create_app(Settings(), Life()).routes}

    assert probed == {"/health/live", "/health/ready"}
    assert probed | {"/health"} <= routes


@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_no_pod_holds_a_token_of_the_cluster(chart: "Chart", environment: str) -> None:
    manifests = await chart.render(environment)

    assert manifests["ServiceAccount"]["automountServiceAccountToken"] is False
    assert pod(manifests)["automountServiceAccountToken"] is False
    assert manifests["Pod"]["spec"]["automountServiceAccountToken"] is False


async def test_the_test_asks_all_three_health_endpoints_through_the_service(chart: "Chart") -> None:
    test = (await chart.render("dev"))["Pod"]
    (curl,) = test["spec"]["containers"]

    assert curl["image"] == "curlimages/curl:8.11.1"
    assert curl["command"] == ["curl"]
    assert [each for each in curl["args"] if each.startswith("http")] == [
        "http://sample-app:80/health",
        "http://sample-app:80/health/ready",
        "http://sample-app:80/health/live",
    ]
    assert {"--fail", "--fail-early"} <= set(curl["args"])


async def test_the_test_is_kept_for_its_log_and_hardened_everywhere(chart: "Chart") -> None:
    dev, prod = await chart.render("dev"), await chart.render("prod")
    test = dev["Pod"]

    assert test["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": "before-hook-creation",
    }
    assert test["spec"]["restartPolicy"] == "Never"
    assert test["spec"]["securityContext"] == pod(prod)["securityContext"]
    (curl,) = test["spec"]["containers"]
    assert curl["securityContext"] == container(prod)["securityContext"]
    assert curl["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]


async def test_the_service_and_its_guards_never_select_the_test(chart: "Chart") -> None:
    manifests = await chart.render("prod")
    labels = manifests["Pod"]["metadata"]["labels"]

    assert not selects(manifests["Service"]["spec"]["selector"], labels)
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert not selects(manifests[kind]["spec"]["selector"]["matchLabels"], labels)
    assert not selects(manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"], labels)


async def test_a_policy_that_names_its_callers_admits_the_test_too(chart: "Chart") -> None:
    caller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}

    manifests = await chart.render("prod", networkPolicy={"from": [caller]})

    (rule,) = manifests["NetworkPolicy"]["spec"]["ingress"]
    first, test = rule["from"]
    assert first == caller
    assert selects(test["podSelector"]["matchLabels"], manifests["Pod"]["metadata"]["labels"])
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert selects(manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"], labels)
