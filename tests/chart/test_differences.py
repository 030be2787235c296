"""The table of differences between environments, held against what is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.chart.conftest import Chart

POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
POLICY = {
    "policyTypes": ["Ingress", "Egress"],
    "ingress": [{"ports": [{"port": 3000, "protocol": "TCP"}]}],
    "egress": [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        {"ports": [{"port": 443, "protocol": "TCP"}]},
    ],
}
ALB = {
    "alb.ingress.kubernetes.io/scheme": "internet-facing",
    "alb.ingress.kubernetes.io/target-type": "ip",
    "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}]',
    "alb.ingress.kubernetes.io/healthcheck-path": "/health/ready",
    "alb.ingress.kubernetes.io/healthcheck-interval-seconds": "5",
    "alb.ingress.kubernetes.io/healthcheck-timeout-seconds": "2",
    "alb.ingress.kubernetes.io/healthy-threshold-count": "2",
    "alb.ingress.kubernetes.io/unhealthy-threshold-count": "2",
    "alb.ingress.kubernetes.io/target-group-attributes": "deregistration_delay.timeout_seconds=15",
}


@dataclass(frozen=True)
class Row:
    """One environment. None is "off"."""

    replicas: int | None  # None: the autoscaler owns the number
    autoscaling: tuple[int, int] | None
    min_available: int | None
    network_policy: Mapping[str, Any] | None
    security: tuple[Any, Any, Any] | None  # of the pod, of the container, its /tmp


DEV = Row(1, None, None, None, None)
STAGING = Row(None, (2, 5), 1, None, None)
PROD = Row(
    None,
    (3, 10),
    2,
    POLICY,
    (POD_SECURITY, CONTAINER_SECURITY, {"emptyDir": {"sizeLimit": "16Mi"}}),
)


def row(manifests: Mapping[str, Any]) -> Row:
    deployment = manifests["Deployment"]["spec"]
    autoscaler = manifests.get("HorizontalPodAutoscaler", {}).get("spec")
    policy = manifests.get("NetworkPolicy", {}).get("spec")
    return Row(
        replicas=deployment.get("replicas"),
        autoscaling=autoscaler and (autoscaler["minReplicas"], autoscaler["maxReplicas"]),
        min_available=manifests.get("PodDisruptionBudget", {}).get("spec", {}).get("minAvailable"),
        network_policy=policy and {key: policy[key] for key in policy if key != "podSelector"},
        security=security(deployment["template"]["spec"]),
    )


def security(pod: Mapping[str, Any]) -> tuple[Any, Any, Any] | None:
    (container,) = pod["containers"]
    parts = (
        pod.get("securityContext"),
        container.get("securityContext"),
        next(
            (
                {key: volume[key] for key in volume if key != "name"}
                for volume in pod.get("volumes", [])
                for mount in container["volumeMounts"]
                if mount == {"name": volume["name"], "mountPath": "/tmp"}
            ),
            None,
        ),
    )
    return parts if any(parts) else None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("dev", DEV),
        ("staging", STAGING),
        ("prod", PROD),
        ("eks-dev", DEV),
        ("eks-staging", STAGING),
        ("eks-prod", PROD),
    ],
)
async def test_an_environment_is_its_row_of_the_table(
    chart: "Chart", environment: str, expected: Row
) -> None:
    assert row(await chart.render(environment)) == expected


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
async def test_on_one_machine_traefik_routes(chart: "Chart", environment: str) -> None:
    ingress = (await chart.render(environment))["Ingress"]

    assert ingress["spec"] == routing("traefik")
    assert "annotations" not in ingress["metadata"]


@pytest.mark.parametrize("environment", ["eks-dev", "eks-staging", "eks-prod"])
async def test_on_eks_an_internet_facing_load_balancer_routes(
    chart: "Chart", environment: str
) -> None:
    ingress = (await chart.render(environment))["Ingress"]

    assert ingress["spec"] == routing("alb")
    assert ingress["metadata"]["annotations"] == ALB


def routing(class_name: str) -> dict[str, Any]:
    backend = {"service": {"name": "sample-app", "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "ingressClassName": class_name,
        "rules": [{"host": "sample-app.local", "http": {"paths": [path]}}],
    }
