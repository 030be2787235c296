"""metrics.k8s.io as metrics-server serves it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.resources import NODES, PODS
from drydock.store import Store
from drydock.usage import Measurement, Usage
from tests.drydock.api.conftest import Call
from tests.drydock.api.pods import Pods

METRICS = "/apis/metrics.k8s.io/v1beta1"
AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
WEB = Measurement(AT, 10.0061, {"app": Usage(0.25, 4096 * 1024), "log": Usage(0.0012345678, 8192)})
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

POD_METRICS = {
    "kind": "PodMetrics",
    "apiVersion": "metrics.k8s.io/v1beta1",
    "metadata": {
        "name": "web",
        "namespace": "dev",
        "labels": {"app": "web"},
        "creationTimestamp": "2026-11-23T01:02:03Z",
    },
    "timestamp": "2026-11-23T01:02:03Z",
    "window": "10.006s",
    "containers": [
        {"name": "app", "usage": {"cpu": "250m", "memory": "4Mi"}},
        {"name": "log", "usage": {"cpu": "1234568n", "memory": "8Ki"}},
    ],
}


@pytest.fixture(autouse=True)
def measured(store: Store, pods: Pods) -> None:
    for namespace, name in (("dev", "web"), ("dev", "new"), ("default", "web")):
        metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
        store.create(PODS, {"metadata": metadata, "spec": {"containers": [{"name": "app"}]}})
    store.create(NODES, {"metadata": {"name": "drydock", "labels": {"a": "b"}}})
    store.create(NODES, {"metadata": {"name": "elsewhere"}})
    pods.measurements = {"web": WEB, "drydock": Measurement(AT, 15, {"": Usage(1.5, 3 << 30)})}


async def test_a_pod_is_told_container_by_container(call: Call) -> None:
    assert await call("GET", f"{METRICS}/namespaces/dev/pods/web") == (200, POD_METRICS)


async def test_a_list_leaves_out_who_is_not_measured_yet(call: Call) -> None:
    code, answer = await call("GET", f"{METRICS}/namespaces/dev/pods")
    assert (code, answer["kind"], answer["apiVersion"]) == (
        200,
        "PodMetricsList",
        "metrics.k8s.io/v1beta1",
    )
    assert answer["items"] == [POD_METRICS]


@pytest.mark.parametrize(
    ("query", "namespaces"),
    [
        ({}, ["default", "dev"]),
        ({"labelSelector": "app=web"}, ["default", "dev"]),
        ({"labelSelector": "app!=web"}, []),
        ({"fieldSelector": "metadata.namespace=dev"}, ["dev"]),
        ({"limit": "1"}, ["default"]),
    ],
)
async def test_selectors_choose_among_all_namespaces(
    call: Call, query: dict[str, str], namespaces: list[str]
) -> None:
    _, answer = await call("GET", f"{METRICS}/pods", **query)
    assert [each["metadata"]["namespace"] for each in answer["items"]] == namespaces


async def test_nodes_are_told_as_a_whole(call: Call) -> None:
    _, answer = await call("GET", f"{METRICS}/nodes")
    [node] = answer["items"]
    assert node["metadata"]["labels"] == {"a": "b"}
    assert (node["window"], node["usage"]) == ("15s", {"cpu": "1500m", "memory": "3Gi"})


async def test_a_table_has_the_sum(call: Call) -> None:
    _, answer = await call("GET", f"{METRICS}/namespaces/dev/pods", accept=TABLE)
    assert [column["name"] for column in answer["columnDefinitions"]] == [
        "Name",
        "cpu",
        "memory",
        "Window",
    ]
    assert [row["cells"] for row in answer["rows"]] == [["web", "251234568n", "4104Ki", "10.006s"]]


@pytest.mark.parametrize(
    ("method", "path", "query", "code", "message"),
    [
        ("GET", "namespaces/dev/pods/nobody", {}, 404, 'pods "nobody" not found'),
        (
            "GET",
            "namespaces/dev/pods/new",
            {},
            404,
            'podmetrics.metrics.k8s.io "dev/new" not found',
        ),
        ("GET", "nodes/elsewhere", {}, 404, 'nodemetrics.metrics.k8s.io "elsewhere" not found'),
        (
            "GET",
            "pods",
            {"watch": "true"},
            405,
            "the server does not allow this method on the requested resource",
        ),
        (
            "DELETE",
            "nodes/drydock",
            {},
            405,
            "the server does not allow this method on the requested resource",
        ),
    ],
)
async def test_what_cannot_be_told_is_refused(
    call: Call, *, method: str, path: str, query: dict[str, str], code: int, message: str
) -> None:
    status, answer = await call(method, f"{METRICS}/{path}", **query)
    assert (status, answer["message"]) == (code, message)


async def test_discovery_names_what_can_be_asked(call: Call) -> None:
    _, answer = await call("GET", METRICS)
    told: list[Any] = [
        (each["name"], each["kind"], each["singularName"], each["verbs"])
        for each in answer["resources"]
    ]
    assert told == [
        ("pods", "PodMetrics", "", ["get", "list"]),
        ("nodes", "NodeMetrics", "", ["get", "list"]),
    ]
