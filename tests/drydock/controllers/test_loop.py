"""The loop on the real store. Pods become ready because a small stand-in for the node says so."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.controllers.changes import Refused
from drydock.controllers.loop import Controllers
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    EVENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    NAMESPACES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Object,
    Resource,
)
from drydock.store import Store
from drydock.timestamps import timestamp
from drydock.usage import Usage


def admit(_resource: Resource, obj: Object) -> Object:
    if obj["metadata"].get("labels", {}).get("refuse"):
        raise Refused("the label refuse is not allowed")
    return obj


class FakeNode:
    """Binds pods, makes them ready or not, and lets deleted ones go."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.healthy = {"v1", "v2"}

    async def run(self) -> None:
        async for change in self.store.changes(0, [PODS]):
            pod = self.store.get(PODS, "dev", change.object["metadata"]["name"])
            if pod is not None:
                self.look(pod)

    def look(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        if "deletionTimestamp" in pod["metadata"]:
            self.store.delete(PODS, "dev", name, grace_seconds=0)
        elif not pod["spec"].get("nodeName"):
            self.store.update(PODS, {**pod, "spec": {**pod["spec"], "nodeName": "drydock"}})
        elif not pod.get("status"):
            image = pod["spec"]["containers"][0]["image"]
            self.say(pod, "Succeeded" if image == "once" else "Running", image in self.healthy)

    def say(self, pod: Object, phase: str, ready: bool) -> None:
        condition = {
            "type": "Ready",
            "status": str(ready),
            "lastTransitionTime": timestamp(datetime.now(UTC)),
        }
        ip = f"127.77.0.{abs(hash(pod['metadata']['name'])) % 250}"
        status = {"phase": phase, "podIP": ip, "conditions": [condition]}
        self.store.update(PODS, {**pod, "status": status}, subresource="status")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    namespace = {"metadata": {"name": "dev"}, "spec": {"finalizers": ["kubernetes"]}}
    store.create(NAMESPACES, namespace)
    yield store
    store.close()


@pytest.fixture
async def node(store: Store) -> AsyncIterator[FakeNode]:
    """With the controllers running beside it."""
    node = FakeNode(store)
    controllers = Controllers(
        store, admit=admit, usage=lambda _, __: Usage(0.05, 0), authority="PEM"
    )
    tasks = [asyncio.create_task(node.run()), asyncio.create_task(controllers.run())]
    yield node
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        assert task.cancelled()


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # conditions are about the store, not about us
            await asyncio.sleep(0.001)


def deployment(image: str, replicas: int = 2, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "app", "namespace": "dev"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "app"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "template": {
                "metadata": {"labels": {"app": "app"}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [
                        {
                            "name": "app",
                            "image": image,
                            "ports": [{"name": "http", "containerPort": 3000}],
                            "resources": {"requests": {"cpu": "100m"}},
                        }
                    ],
                },
            },
            **spec,
        },
    }


def reason(store: Store) -> str:
    status = (store.get(DEPLOYMENTS, "dev", "app") or {}).get("status", {})
    return next(
        (each["reason"] for each in status.get("conditions", ()) if each["type"] == "Progressing"),
        "",
    )


def images(store: Store) -> list[str]:
    return sorted(each["spec"]["containers"][0]["image"] for each in store.list(PODS, "dev"))


def update(store: Store, resource: Resource, name: str, **spec: Any) -> None:
    obj = store.get(resource, "dev", name)
    assert obj is not None
    store.update(resource, {**obj, "spec": {**obj["spec"], **spec}})


async def rolled_out(store: Store, *pods: str) -> None:
    await until(lambda: reason(store) == "NewReplicaSetAvailable" and images(store) == [*pods])


async def test_a_deployment_rolls_out_rolls_on_and_rolls_back(store: Store, node: FakeNode) -> None:
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    update(store, DEPLOYMENTS, "app", template=deployment("v2")["spec"]["template"])
    await rolled_out(store, "v2", "v2")
    update(store, DEPLOYMENTS, "app", template=deployment("v1")["spec"]["template"])
    await rolled_out(store, "v1", "v1")
    status = store.get(DEPLOYMENTS, "dev", "app")
    assert status is not None
    assert status["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "3"}
    assert len(store.list(REPLICA_SETS, "dev")) == 2


async def test_a_bad_version_keeps_the_old_pods_serving(store: Store, node: FakeNode) -> None:
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    template = deployment("broken")["spec"]["template"]
    update(store, DEPLOYMENTS, "app", template=template, progressDeadlineSeconds=1)
    await until(lambda: reason(store) == "ProgressDeadlineExceeded")
    assert images(store) == ["broken", "v1", "v1"]


async def test_the_story_is_told_in_events(store: Store, node: FakeNode) -> None:
    created = store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    reasons = [each["reason"] for each in store.list(EVENTS, "dev")]
    assert sorted(reasons) == ["ScalingReplicaSet", "SuccessfulCreate", "SuccessfulCreate"]
    (event,) = (each for each in store.list(EVENTS, "dev") if each["reason"] == "ScalingReplicaSet")
    assert event["involvedObject"]["uid"] == created["metadata"]["uid"]
    assert event["source"] == {"component": "deployment-controller"}


async def test_endpoints_and_budgets_follow_the_pods(store: Store, node: FakeNode) -> None:
    port = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    store.create(
        SERVICES,
        {
            "metadata": {"name": "app", "namespace": "dev"},
            "spec": {"selector": {"app": "app"}, "ports": [port]},
        },
    )
    selector = {"matchLabels": {"app": "app"}}
    budget = {
        "metadata": {"name": "app", "namespace": "dev"},
        "spec": {"minAvailable": 1, "selector": selector},
    }
    store.create(POD_DISRUPTION_BUDGETS, budget)
    store.create(DEPLOYMENTS, deployment("v1"))

    def serving() -> int:
        return sum(
            each["conditions"]["ready"]
            for one in store.list(ENDPOINT_SLICES, "dev")
            for each in one["endpoints"]
        )

    def allowed() -> int:
        (one,) = store.list(POD_DISRUPTION_BUDGETS, "dev")
        return int(one.get("status", {}).get("disruptionsAllowed", 0))

    await until(lambda: serving() == 2 and allowed() == 1)
    update(store, DEPLOYMENTS, "app", replicas=1)
    await until(lambda: serving() == 1 and allowed() == 0)
    store.delete(SERVICES, "dev", "app")
    await until(lambda: not store.list(ENDPOINT_SLICES, "dev") and not store.list(ENDPOINTS, "dev"))


async def test_a_job_runs_once(store: Store, node: FakeNode) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "once"}]}}
    store.create(
        JOBS,
        {
            "metadata": {"name": "once", "namespace": "dev"},
            "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 0, "template": template},
        },
    )

    def complete() -> bool:
        (job,) = store.list(JOBS, "dev")
        types = [each["type"] for each in job.get("status", {}).get("conditions", ())]
        return types == ["SuccessCriteriaMet", "Complete"]

    await until(complete)
    store.delete(JOBS, "dev", "once")
    await until(lambda: not store.list(PODS, "dev"))


async def test_an_autoscaler_owns_the_replicas_as_the_controller_manager(
    store: Store, node: FakeNode
) -> None:
    managed = {
        "manager": "helm",
        "operation": "Apply",
        "apiVersion": "apps/v1",
        "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:selector": {}}},
    }
    it = deployment("v1", replicas=1)
    it["metadata"]["managedFields"] = [managed]
    store.create(DEPLOYMENTS, it)
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    store.create(
        HORIZONTAL_POD_AUTOSCALERS,
        {
            "metadata": {"name": "app", "namespace": "dev"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
                "minReplicas": 3,
                "maxReplicas": 5,
                "metrics": [{"type": "Resource", "resource": cpu}],
            },
        },
    )
    await rolled_out(store, "v1", "v1", "v1")
    found = store.get(DEPLOYMENTS, "dev", "app")
    assert found is not None
    owners = {
        (each["manager"], each.get("subresource")): each["fieldsV1"].get("f:spec")
        for each in found["metadata"]["managedFields"]
    }
    assert owners == {
        ("helm", None): {"f:selector": {}},
        ("kube-controller-manager", "scale"): {"f:replicas": {}},
        ("kube-controller-manager", None): None,
    }


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
async def test_a_deleted_deployment_takes_its_own_along(
    store: Store, node: FakeNode, propagation: Any
) -> None:
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    store.delete(DEPLOYMENTS, "dev", "app", propagation=propagation)
    if propagation == "Foreground":
        assert store.get(DEPLOYMENTS, "dev", "app") is not None
    kinds = (DEPLOYMENTS, REPLICA_SETS, PODS)
    await until(lambda: not any(store.list(kind, "dev") for kind in kinds))


async def test_orphans_are_adopted_by_the_next_owner(store: Store, node: FakeNode) -> None:
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    before = [each["metadata"]["uid"] for each in store.list(PODS, "dev")]
    store.delete(DEPLOYMENTS, "dev", "app", propagation="Orphan")
    await until(lambda: not store.list(DEPLOYMENTS, "dev"))
    (orphan,) = store.list(REPLICA_SETS, "dev")
    assert "ownerReferences" not in orphan["metadata"]
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    assert [each["metadata"]["uid"] for each in store.list(PODS, "dev")] == before


async def test_a_deleted_pod_is_replaced(store: Store, node: FakeNode) -> None:
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    first = store.list(PODS, "dev")[0]["metadata"]["name"]
    store.delete(PODS, "dev", first)
    await until(lambda: images(store) == ["v1", "v1"])
    assert store.get(PODS, "dev", first) is None


async def test_a_namespace_is_furnished_and_emptied(store: Store, node: FakeNode) -> None:
    await until(lambda: store.get(SERVICE_ACCOUNTS, "dev", "default"))
    await until(lambda: store.get(CONFIG_MAPS, "dev", "kube-root-ca.crt"))
    store.delete(CONFIG_MAPS, "dev", "kube-root-ca.crt")
    await until(lambda: store.get(CONFIG_MAPS, "dev", "kube-root-ca.crt"))
    store.create(DEPLOYMENTS, deployment("v1"))
    await rolled_out(store, "v1", "v1")
    store.delete(NAMESPACES, "", "dev")
    await until(lambda: store.get(NAMESPACES, "", "dev") is None)
    kinds = (DEPLOYMENTS, REPLICA_SETS, PODS, SERVICE_ACCOUNTS, CONFIG_MAPS, EVENTS)
    assert [list(store.list(kind, "dev")) for kind in kinds] == [[]] * len(kinds)


async def test_one_failing_reconcile_is_logged_and_the_others_go_on(
    store: Store, node: FakeNode, caplog: pytest.LogCaptureFixture
) -> None:
    sick = {"metadata": {"name": "sick", "namespace": "dev"}, "spec": {"template": {}}}
    with caplog.at_level(logging.ERROR):
        store.create(DEPLOYMENTS, sick)
        store.create(DEPLOYMENTS, deployment("v1"))
        await rolled_out(store, "v1", "v1")
    assert "reconcile failed: deployment Deployment dev/sick" in caplog.messages


async def test_a_refused_pod_reaches_the_deployments_conditions(
    store: Store, node: FakeNode
) -> None:
    it = deployment("v1")
    it["spec"]["template"]["metadata"]["labels"]["refuse"] = "yes"
    store.create(DEPLOYMENTS, it)

    def failure() -> str:
        found = store.get(DEPLOYMENTS, "dev", "app")
        listed = (found or {}).get("status", {}).get("conditions", ())
        return next((each["message"] for each in listed if each["reason"] == "FailedCreate"), "")

    await until(lambda: failure() == "the label refuse is not allowed")


async def test_all_is_looked_at_again_after_falling_behind(node: FakeNode) -> None:
    """A window of two changes is left behind at once."""
    store = Store(window=2)
    store.create(NAMESPACES, {"metadata": {"name": "dev"}, "spec": {}})
    other = FakeNode(store)
    controllers = Controllers(store, admit=admit, usage=lambda _, __: None, authority="PEM")
    running = asyncio.create_task(controllers.run())
    await until(lambda: store.get(CONFIG_MAPS, "dev", "kube-root-ca.crt"))
    store.create(DEPLOYMENTS, deployment("v1"))
    for n in range(4):
        store.create(CONFIG_MAPS, {"metadata": {"name": f"c{n}", "namespace": "dev"}})
    await until(lambda: len(store.list(PODS, "dev")) == 2)
    for pod in store.list(PODS, "dev"):
        other.look(pod)
    store.close()
    await running
