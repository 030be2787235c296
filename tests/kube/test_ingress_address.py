"""Why an ingress has no load balancer: each cause by its own sign, with what to do."""

from dataclasses import replace
from pathlib import Path

import pytest

from shipway.commands.helm import Cluster, Release
from shipway.kube.ingress_address import Controller, Facts, explain

KUBECTL = "kubectl --kubeconfig .shipway/eks/kubeconfig"
LOGS = (
    f"{KUBECTL} logs --namespace kube-system "
    "--selector app.kubernetes.io/name=aws-load-balancer-controller"
)
RUNNING = Controller(readable=True, installed=True, available=1)
YOUNG = Facts(
    name="sample-app",
    release=Release("sample-app-dev", "dev"),
    shown=Cluster(Path(".shipway/eks/kubeconfig")),
    ingress_class="alb",
    class_known=True,
    controller=RUNNING,
    annotations={"alb.ingress.kubernetes.io/scheme": "internet-facing"},
)
SUBNETS = (
    "FailedBuildModel: Failed build model due to couldn't auto-discover subnets: "
    "unable to resolve at least one subnet"
)


@pytest.mark.parametrize(
    ("facts", "cause", "remedy"),
    [
        (
            YOUNG,
            "no load balancer yet, it takes a few minutes",
            f"{KUBECTL} get ingress --namespace dev",
        ),
        (
            replace(YOUNG, controller=Controller(readable=False)),
            "no load balancer yet, it takes a few minutes",
            f"{KUBECTL} get ingress --namespace dev",
        ),
        (
            replace(YOUNG, ingress_class="traefik"),
            "ingress sample-app has class traefik, not alb",
            "set ingress.className: alb in its values file",
        ),
        (
            replace(YOUNG, ingress_class=""),
            "ingress sample-app has no class, not alb",
            "set ingress.className: alb in its values file",
        ),
        (
            replace(YOUNG, annotations={"alb.ingress.kubernetes.io/scheme": "internet"}),
            "ingress sample-app has annotation alb.ingress.kubernetes.io/scheme: internet",
            "make it internal or internet-facing in its values file",
        ),
        (
            replace(YOUNG, controller=Controller(readable=True)),
            "aws-load-balancer-controller is not installed in kube-system",
            "shipway setup eks",
        ),
        (
            replace(
                YOUNG,
                controller=Controller(
                    readable=True, installed=True, error="error: cannot assume role"
                ),
            ),
            "aws-load-balancer-controller is not running: error: cannot assume role",
            LOGS,
        ),
        (
            replace(YOUNG, class_known=False),
            "the cluster has no ingress class alb",
            "shipway setup eks",
        ),
        (
            replace(YOUNG, events=("FailedDeployModel: old", SUBNETS)),
            f"no subnets for the load balancer: {SUBNETS}",
            "tag the public subnets kubernetes.io/role/elb=1 (shipway setup eks does)",
        ),
        (
            replace(YOUNG, events=("FailedDeployModel: AccessDenied: elasticloadbalancing",)),
            "the controller refuses the ingress: "
            "FailedDeployModel: AccessDenied: elasticloadbalancing",
            f"{KUBECTL} describe ingress --namespace dev",
        ),
        (
            replace(YOUNG, controller=replace(RUNNING, error="dev/sample-app: no certificate")),
            "aws-load-balancer-controller says: dev/sample-app: no certificate",
            LOGS,
        ),
        (
            replace(YOUNG, controller=replace(RUNNING, error="prod/sample-app: no certificate")),
            "no load balancer yet, it takes a few minutes",
            f"{KUBECTL} get ingress --namespace dev",
        ),
    ],
)
def test_the_cause_is_named_with_its_remedy(facts: Facts, cause: str, remedy: str) -> None:
    absence = explain(facts)
    assert (absence.cause, absence.remedy) == (cause, remedy)
