"""Stateful sets, daemon sets and cron jobs through the real loop and the real admission; a stand-in plays the node."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from drydock import gate
from drydock.admission import Denied, Invalid, Mistyped
from drydock.controllers.changes import Refused
from drydock.controllers.loop import Controllers
from drydock.metadata import deleting, labels
from drydock.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    LIMIT_RANGES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    RESOURCES,
    STATEFUL_SETS,
    Object,
    Resource,
)
from drydock.store import Store
from tests.drydock.stand_in_node import play_node

Json = dict[str, Any]


class Cluster:
    """A store with what the tests say to it, and the order in which pods came and went."""

    def __init__(self) -> None:
        self.store = Store()
        self.history: list[str] = []

    def admit(self, resource: Resource, obj: Object) -> Object:
        try:
            return gate.admit(self.store, resource, obj, None)
        except (Invalid, Mistyped, Denied) as refused:
            raise Refused(str(refused)) from None

    def create(self, resource: Resource, obj: Json) -> Object:
        return self.store.create(resource, gate.admit(self.store, resource, obj, None))

    def get(self, resource: Resource, name: str) -> Json:
        found = self.store.get(resource, "dev", name)
        assert found is not None
        return dict(found)

    def change(self, resource: Resource, name: str, **spec: Any) -> None:
        found = self.get(resource, name)
        wanted = {**found, "spec": {**found["spec"], **spec}}
        self.store.update(resource, gate.admit(self.store, resource, wanted, found))

    def names(self, resource: Resource) -> list[str]:
        return [each["metadata"]["name"] for each in self.store.list(resource, "dev")]

    def images(self) -> dict[str, str]:
        return {
            pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"]
            for pod in self.store.list(PODS, "dev")
            if not deleting(pod)
        }

    def events(self, reason: str) -> list[str]:
        return [
            each["message"] for each in self.store.list(EVENTS, "dev") if each["reason"] == reason
        ]


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    store = cluster.store
    store.create(NAMESPACES, {"metadata": {"name": "dev"}, "spec": {"finalizers": ["kubernetes"]}})
    store.create(NODES, {"metadata": {"name": "drydock", "labels": {"disk": "ssd"}}, "spec": {}})
    controllers = Controllers(store, admit=cluster.admit, usage=lambda _, __: None, authority="PEM")
    tasks = [
        asyncio.create_task(play_node(store, cluster.history)),
        asyncio.create_task(controllers.run()),
    ]
    yield cluster
    store.close()
    await asyncio.gather(*tasks)


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # conditions are about the store, not about us
            await asyncio.sleep(0.001)


def workload(image: str = "v1", **spec: Any) -> Json:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "app", "image": image}],
        },
    }
    return {
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def claim_template(name: str) -> Json:
    resources = {"requests": {"storage": "1Gi"}}
    return {
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources},
    }


def rolled(cluster: Cluster, image: str, count: int) -> Callable[[], bool]:
    def holds() -> bool:
        status = cluster.get(STATEFUL_SETS, "web").get("status", {})
        complete = status.get("updatedReplicas") == status.get("readyReplicas") == count
        same = status.get("currentRevision") == status.get("updateRevision")
        return complete and same and list(cluster.images().values()) == [image] * count

    return holds


async def test_a_stateful_set_begins_updates_and_shrinks_in_order(cluster: Cluster) -> None:
    cluster.create(STATEFUL_SETS, workload(replicas=3, serviceName="web"))
    await until(rolled(cluster, "v1", 3))
    assert cluster.history == ["+web-0", "+web-1", "+web-2"]
    cluster.change(STATEFUL_SETS, "web", template=workload("v2")["spec"]["template"])
    await until(rolled(cluster, "v2", 3))
    assert cluster.history[3:] == ["-web-2", "+web-2", "-web-1", "+web-1", "-web-0", "+web-0"]
    cluster.change(STATEFUL_SETS, "web", replicas=1)
    await until(lambda: cluster.names(PODS) == ["web-0"])
    assert cluster.history[9:] == ["-web-2", "-web-1"]
    pod = cluster.get(PODS, "web-0")
    revision = cluster.get(STATEFUL_SETS, "web")["status"]["updateRevision"]
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("web-0", "web")
    assert labels(pod) == {
        "app": "web",
        "statefulset.kubernetes.io/pod-name": "web-0",
        "apps.kubernetes.io/pod-index": "0",
        "controller-revision-hash": revision,
    }
    assert cluster.events("SuccessfulCreate")[0] == (
        "create Pod web-0 in StatefulSet web successful"
    )


async def test_a_template_of_old_becomes_the_newest_revision_again(cluster: Cluster) -> None:
    cluster.create(STATEFUL_SETS, workload(replicas=1))
    await until(rolled(cluster, "v1", 1))
    for image in ("v2", "v1"):
        cluster.change(STATEFUL_SETS, "web", template=workload(image)["spec"]["template"])
        await until(rolled(cluster, image, 1))
    numbers = {
        each["data"]["spec"]["template"]["spec"]["containers"][0]["image"]: each["revision"]
        for each in cluster.store.list(CONTROLLER_REVISIONS, "dev")
    }
    assert numbers == {"v1": 3, "v2": 2}


async def test_no_more_revisions_are_kept_than_asked_for(cluster: Cluster) -> None:
    cluster.create(STATEFUL_SETS, workload("v0", replicas=1, revisionHistoryLimit=1))
    for n in range(4):
        cluster.change(STATEFUL_SETS, "web", template=workload(f"v{n}")["spec"]["template"])
        await until(rolled(cluster, f"v{n}", 1))
    await until(
        lambda: (
            [each["revision"] for each in cluster.store.list(CONTROLLER_REVISIONS, "dev")]
            in ([3, 4], [4, 3])
        )
    )


async def test_below_the_partition_pods_keep_the_old_revision_even_when_they_are_made_anew(
    cluster: Cluster,
) -> None:
    cluster.create(STATEFUL_SETS, workload(replicas=3))
    await until(rolled(cluster, "v1", 3))
    partition = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    template = workload("v2")["spec"]["template"]
    cluster.change(STATEFUL_SETS, "web", template=template, updateStrategy=partition)
    await until(lambda: cluster.images() == {"web-0": "v1", "web-1": "v1", "web-2": "v2"})
    cluster.store.delete(PODS, "dev", "web-0", grace_seconds=0)
    await until(lambda: cluster.history[-2:] == ["-web-0", "+web-0"])
    assert cluster.images() == {"web-0": "v1", "web-1": "v1", "web-2": "v2"}


async def test_a_broken_update_stops_at_its_first_pod(cluster: Cluster) -> None:
    cluster.create(STATEFUL_SETS, workload(replicas=3, podManagementPolicy="Parallel"))
    await until(rolled(cluster, "v1", 3))
    cluster.change(STATEFUL_SETS, "web", template=workload("bad")["spec"]["template"])
    broken = {"web-0": "v1", "web-1": "v1", "web-2": "bad"}
    await until(lambda: cluster.images() == broken)
    await until(lambda: cluster.get(STATEFUL_SETS, "web")["status"].get("readyReplicas") == 2)
    assert cluster.images() == broken


async def test_an_ordered_set_waits_for_each_pod_and_a_parallel_one_does_not(
    cluster: Cluster,
) -> None:
    cluster.create(STATEFUL_SETS, workload("bad", replicas=3))
    parallel = workload("bad", replicas=3, podManagementPolicy="Parallel")
    parallel["metadata"]["name"] = "all"
    parallel["spec"]["selector"]["matchLabels"]["app"] = "all"
    parallel["spec"]["template"]["metadata"]["labels"]["app"] = "all"
    cluster.create(STATEFUL_SETS, parallel)
    await until(lambda: cluster.names(PODS) == ["all-0", "all-1", "all-2", "web-0"])


async def test_each_pod_has_claims_that_outlive_it_unless_the_set_says_otherwise(
    cluster: Cluster,
) -> None:
    retention = {"whenScaled": "Delete", "whenDeleted": "Retain"}
    it = workload(
        replicas=2,
        volumeClaimTemplates=[claim_template("data")],
        persistentVolumeClaimRetentionPolicy=retention,
    )
    cluster.create(STATEFUL_SETS, it)
    await until(rolled(cluster, "v1", 2))
    assert cluster.names(PERSISTENT_VOLUME_CLAIMS) == ["data-web-0", "data-web-1"]
    claim = {"claimName": "data-web-0"}
    assert cluster.get(PODS, "web-0")["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": claim}
    ]
    status = {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
    await until(lambda: cluster.get(PERSISTENT_VOLUME_CLAIMS, "data-web-0")["status"] == status)
    cluster.change(STATEFUL_SETS, "web", replicas=1)
    await until(lambda: cluster.names(PERSISTENT_VOLUME_CLAIMS) == ["data-web-0"])
    cluster.store.delete(STATEFUL_SETS, "dev", "web")
    await until(lambda: not cluster.names(PODS))
    assert cluster.names(PERSISTENT_VOLUME_CLAIMS) == ["data-web-0"]


async def test_a_daemon_set_has_a_pod_on_the_node_and_renews_it(cluster: Cluster) -> None:
    cluster.create(DAEMON_SETS, workload())
    await until(lambda: cluster.get(DAEMON_SETS, "web").get("status", {}).get("numberAvailable"))
    cluster.change(DAEMON_SETS, "web", template=workload("v2")["spec"]["template"])
    await until(lambda: list(cluster.images().values()) == ["v2"])
    expected = {
        "currentNumberScheduled": 1,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 1,
        "numberReady": 1,
        "observedGeneration": 2,
        "updatedNumberScheduled": 1,
        "numberAvailable": 1,
    }
    await until(lambda: cluster.get(DAEMON_SETS, "web")["status"] == expected)
    assert len(cluster.history) == 3


async def test_a_daemon_set_that_surges_is_never_without_a_pod(cluster: Cluster) -> None:
    surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    cluster.create(DAEMON_SETS, workload(updateStrategy=surge))
    await until(lambda: len(cluster.names(PODS)) == 1)
    [old] = cluster.names(PODS)
    cluster.change(DAEMON_SETS, "web", template=workload("v2")["spec"]["template"])
    await until(lambda: len(cluster.history) == 3)
    assert cluster.history[0] == f"+{old}"
    assert cluster.history[1].startswith("+")
    assert cluster.history[2] == f"-{old}"


async def test_a_daemon_leaves_a_node_that_no_longer_suits_it(cluster: Cluster) -> None:
    it = workload()
    it["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
    cluster.create(DAEMON_SETS, it)
    await until(lambda: len(cluster.names(PODS)) == 1)
    node = cluster.store.get(NODES, "", "drydock")
    assert node is not None
    cluster.store.update(NODES, {**node, "metadata": {**node["metadata"], "labels": {}}})
    await until(lambda: not cluster.names(PODS))
    assert cluster.get(DAEMON_SETS, "web")["status"]["desiredNumberScheduled"] == 0


async def test_a_cron_job_starts_a_job_that_starts_a_pod(cluster: Cluster) -> None:
    pod = workload()["spec"]["template"]["spec"] | {"restartPolicy": "Never"}
    spec = {"schedule": "@every 1s", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    it = {"metadata": {"name": "tick", "namespace": "dev"}, "spec": spec}
    cluster.create(CRON_JOBS, {**it, "spec": {**spec, "concurrencyPolicy": "Forbid"}})
    await until(lambda: cluster.names(PODS))
    [job] = cluster.names(JOBS)
    assert f"Created job {job}" in cluster.events("SuccessfulCreate")
    [active] = cluster.get(CRON_JOBS, "tick")["status"]["active"]
    assert active["name"] == job
    await until(lambda: cluster.events("JobAlreadyActive"))
    cluster.store.delete(CRON_JOBS, "dev", "tick")
    await until(lambda: not cluster.names(JOBS) and not cluster.names(PODS))


async def test_a_quota_holds_back_the_pods_of_a_deployment_until_there_is_room(
    cluster: Cluster,
) -> None:
    quota = {"metadata": {"name": "small", "namespace": "dev"}, "spec": {"hard": {"pods": "1"}}}
    cluster.create(RESOURCE_QUOTAS, quota)
    cluster.create(DEPLOYMENTS, workload(replicas=2))
    await until(lambda: cluster.events("FailedCreate"))
    message = cluster.events("FailedCreate")[0]
    assert message.startswith('Error creating: pods "web-')
    assert message.endswith(
        '" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
    )

    def failure() -> list[str]:
        listed = cluster.get(DEPLOYMENTS, "web").get("status", {}).get("conditions", ())
        return [each["reason"] for each in listed if each["type"] == "ReplicaFailure"]

    await until(lambda: failure() == ["FailedCreate"])
    used = {"hard": {"pods": "1"}, "used": {"pods": "1"}}
    await until(lambda: cluster.get(RESOURCE_QUOTAS, "small").get("status") == used)
    assert len(cluster.names(PODS)) == 1


async def test_a_namespace_at_its_end_says_what_it_waits_for(cluster: Cluster) -> None:
    cluster.create(STATEFUL_SETS, workload(replicas=1))
    cluster.create(DAEMON_SETS, {**workload(), "metadata": {"name": "agent", "namespace": "dev"}})
    stuck = {"name": "stuck", "namespace": "dev", "finalizers": ["example.com/hold"]}
    cluster.create(LIMIT_RANGES, {"metadata": stuck, "spec": {"limits": []}})
    await until(lambda: "web-0" in cluster.names(PODS))
    cluster.store.delete(NAMESPACES, "", "dev")

    def conditions() -> dict[str, str]:
        home = cluster.store.get(NAMESPACES, "", "dev") or {}
        listed = home.get("status", {}).get("conditions", ())
        return {each["type"]: f"{each['status']} {each['message']}" for each in listed}

    expected = {
        "NamespaceDeletionDiscoveryFailure": "False All resources successfully discovered",
        "NamespaceDeletionGroupVersionParsingFailure": (
            "False All legacy kube types successfully parsed"
        ),
        "NamespaceDeletionContentFailure": (
            "False All content successfully deleted, may be waiting on finalization"
        ),
        "NamespaceContentRemaining": (
            "True Some resources are remaining: limitranges. has 1 resource instances"
        ),
        "NamespaceFinalizersRemaining": (
            "True Some content in the namespace has finalizers remaining: "
            "example.com/hold in 1 resource instances"
        ),
    }
    await until(lambda: conditions() == expected)
    limits = cluster.get(LIMIT_RANGES, "stuck")
    metadata = {key: value for key, value in limits["metadata"].items() if key != "finalizers"}
    cluster.store.update(LIMIT_RANGES, {**limits, "metadata": metadata})
    await until(lambda: cluster.store.get(NAMESPACES, "", "dev") is None)
    kinds = (STATEFUL_SETS, DAEMON_SETS, CONTROLLER_REVISIONS, PODS, REPLICA_SETS)
    assert not any(cluster.names(kind) for kind in kinds)


async def test_an_object_that_says_nothing_is_refused_or_harmless(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    taken = []
    for resource in RESOURCES:
        place = {"namespace": "dev"} if resource.namespaced else {}
        try:
            cluster.create(resource, {"metadata": {"name": "bare", **place}})
        except Invalid:
            continue
        taken.append(resource)
    assert {RESOURCE_QUOTAS, LIMIT_RANGES, POD_DISRUPTION_BUDGETS, CONFIG_MAPS} <= {*taken}
    cluster.create(DEPLOYMENTS, workload())
    await until(lambda: cluster.get(DEPLOYMENTS, "web").get("status", {}).get("readyReplicas"))
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []
