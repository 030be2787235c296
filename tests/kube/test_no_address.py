"""Why a deployed ingress has no load balancer, asked of a real API: the objects are those that EKS would hold."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster as Server
from lightkube.config.models import User
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from drydock.api.app import create
from drydock.resources import (
    DEPLOYMENTS,
    EVENTS,
    INGRESS_CLASSES,
    INGRESSES,
    NAMESPACES,
    PODS,
    Object,
    Resource,
)
from drydock.store import Store
from shipway.commands.helm import Cluster, Release
from shipway.kube import ingress_address
from tests.no_pods import NoPods

TOKEN = "s3cret"
CONTROLLER = "aws-load-balancer-controller"
LABELS = {"app.kubernetes.io/name": CONTROLLER}
KUBECTL = "kubectl --kubeconfig .shipway/eks/kubeconfig"
LOGS = f"{KUBECTL} logs --namespace kube-system --selector app.kubernetes.io/name={CONTROLLER}"
SUBNETS = (
    "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one "
    "subnet (0 match VPC and tags: [kubernetes.io/role/elb])"
)


@dataclass
class Log:
    """Of every container."""

    lines: list[bytes] = field(default_factory=list)

    async def read(
        self,
        pod: Object,
        container: str,
        *,
        previous: bool,
        follow: bool,
        tail_lines: int | None,
        since: datetime | None,
        timestamps: bool,
    ) -> AsyncIterator[bytes]:
        for line in self.lines:
            yield line


@dataclass
class Gate:
    """Refuses some paths, as the access policy of a deploy role does."""

    app: ASGIApp
    forbidden: str = "/nothing"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not Request(scope).url.path.startswith(self.forbidden):
            await self.app(scope, receive, send)
            return
        status = {"kind": "Status", "status": "Failure", "code": 403, "message": "not for you"}
        await JSONResponse(status, 403)(scope, receive, send)


@dataclass
class Cloud:
    """A cluster whose ingress in dev waits for its load balancer. Everything is in order."""

    log: Log = field(default_factory=Log)
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        for name in ("kube-system", "dev"):
            self.add(NAMESPACES, {"metadata": {"name": name}, "status": {"phase": "Active"}})
        self.add(INGRESS_CLASSES, {"metadata": {"name": "alb"}, "spec": {"controller": "x"}})
        self.gate = Gate(
            create(
                self.store,
                token=TOKEN,
                logs=self.log,
                pods=NoPods(),
                allowed_hosts=("localhost",),
            )
        )

    def add(self, resource: Resource, body: dict[str, Any]) -> None:
        version = f"{resource.group}/{resource.version}" if resource.group else resource.version
        self.store.create(resource, {"apiVersion": version, "kind": resource.kind, **body})

    def ingress(self, class_name: str = "alb", **annotations: str) -> None:
        named = {
            f"alb.ingress.kubernetes.io/{k.replace('_', '-')}": v for k, v in annotations.items()
        }
        meta = {"name": "sample-app", "namespace": "dev", "annotations": named}
        self.add(INGRESSES, {"metadata": meta, "spec": {"ingressClassName": class_name}})

    def controller(self, available: int, *lines: str) -> None:
        self.log.lines += [f"{line}\n".encode() for line in lines]
        place = {"namespace": "kube-system", "labels": LABELS}
        status = {"replicas": 2, "availableReplicas": available}
        spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": {}}
        meta = {"name": CONTROLLER, **place}
        self.add(DEPLOYMENTS, {"metadata": meta, "spec": spec, "status": status})
        pod = {"containers": [{"name": "controller", "image": "x"}]}
        begun = {"terminated": {"exitCode": 1}} if lines else {"waiting": {}}
        container = {"name": "controller", "image": "x", "imageID": "", "ready": False}
        seen = {"containerStatuses": [{**container, "restartCount": 0, "state": begun}]}
        meta = {"name": f"{CONTROLLER}-1", **place}
        self.add(PODS, {"metadata": meta, "spec": pod, "status": seen})

    def event(self, reason: str, message: str, at: str, kind: str = "Ingress") -> None:
        of = {"kind": kind, "name": "sample-app", "namespace": "dev"}
        told = {"reason": reason, "message": message, "type": "Warning", "lastTimestamp": at}
        meta = {"name": f"e.{at}", "namespace": "dev"}
        self.add(EVENTS, {"metadata": meta, "involvedObject": of, **told})

    async def why(self) -> tuple[str, str]:
        server = Server(server="http://localhost")
        config = KubeConfig.from_one(cluster=server, user=User(token=TOKEN)).get()
        transport = httpx2.ASGITransport(app=self.gate)
        client = AsyncClient(config=config, transport=transport)
        shown, release = Cluster(Path(".shipway/eks/kubeconfig")), Release("sample-app-dev", "dev")
        try:
            absence = await ingress_address.why(client, shown, release, "sample-app")
        finally:
            await client.aclose()
        return absence.cause, absence.remedy


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


async def test_no_controller_is_installed(cloud: Cloud) -> None:
    cloud.ingress()
    assert await cloud.why() == (
        f"{CONTROLLER} is not installed in kube-system",
        "shipway setup eks",
    )


async def test_a_controller_that_fails_is_quoted_with_its_last_error(cloud: Cloud) -> None:
    cloud.ingress()
    denied = {"level": "error", "msg": "cannot assume role", "error": "AccessDenied"}
    started = {"level": "info", "msg": "no error so far"}
    first = {"level": "error", "msg": "an older one"}
    cloud.controller(0, *(json.dumps(line) for line in (first, denied, started)))
    assert await cloud.why() == (f"{CONTROLLER} is not running: {json.dumps(denied)}", LOGS)


async def test_a_controller_that_never_started_has_nothing_to_say(cloud: Cloud) -> None:
    cloud.ingress()
    cloud.controller(0)
    assert await cloud.why() == (f"{CONTROLLER} is not running", LOGS)


async def test_subnets_without_role_tags_are_told_by_the_newest_event(cloud: Cloud) -> None:
    cloud.ingress()
    cloud.controller(2)
    cloud.event("FailedBuildModel", SUBNETS, "2026-01-01T00:02:00Z")
    cloud.event("FailedDeployModel", "an older one", "2026-01-01T00:01:00Z")
    cloud.event("Unhealthy", "a pod of that name", "2026-01-01T00:03:00Z", kind="Pod")
    assert await cloud.why() == (
        f"no subnets for the load balancer: FailedBuildModel: {SUBNETS}",
        "tag the public subnets kubernetes.io/role/elb=1 (shipway setup eks does)",
    )


async def test_what_the_controller_refuses_is_passed_on(cloud: Cloud) -> None:
    cloud.ingress()
    cloud.controller(2)
    cloud.event("FailedDeployModel", "AccessDenied: elasticloadbalancing", "2026-01-01T00:02:00Z")
    assert await cloud.why() == (
        "the controller refuses the ingress: FailedDeployModel: AccessDenied: elasticloadbalancing",
        f"{KUBECTL} describe ingress --namespace dev",
    )


async def test_annotations_that_mean_nothing_to_the_controller_are_named(cloud: Cloud) -> None:
    cloud.ingress(target_type="pod", scheme="internet-facing")
    cloud.controller(2)
    assert await cloud.why() == (
        "ingress sample-app has annotation alb.ingress.kubernetes.io/target-type: pod",
        "make it instance or ip in its values file",
    )


async def test_an_ingress_of_another_class_is_nobodys(cloud: Cloud) -> None:
    cloud.ingress(class_name="traefik")
    cloud.controller(2)
    assert await cloud.why() == (
        "ingress sample-app has class traefik, not alb",
        "set ingress.className: alb in its values file",
    )


async def test_a_cluster_without_the_class_is_told(cloud: Cloud) -> None:
    cloud.ingress()
    cloud.controller(2)
    cloud.store.delete(INGRESS_CLASSES, "", "alb")
    assert await cloud.why() == ("the cluster has no ingress class alb", "shipway setup eks")


@pytest.mark.parametrize(
    "forbidden",
    ["/apis/apps/v1/namespaces/kube-system", "/apis/networking.k8s.io/v1/ingressclasses"],
)
async def test_what_a_deploy_role_may_not_see_is_not_taken_for_missing(
    cloud: Cloud, forbidden: str
) -> None:
    cloud.ingress()
    cloud.controller(2, "error: of another ingress")
    cloud.gate.forbidden = forbidden
    assert await cloud.why() == (
        "no load balancer yet, it takes a few minutes",
        f"{KUBECTL} get ingress --namespace dev",
    )
