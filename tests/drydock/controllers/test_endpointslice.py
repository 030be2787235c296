from collections.abc import Callable
from typing import Any

from drydock.controllers.changes import Change, Create, Delete, Update
from drydock.controllers.endpointslice import reconcile
from drydock.resources import ENDPOINT_SLICES, ENDPOINTS, Object

Play = Callable[..., list[Change]]
OWNER = {
    "apiVersion": "v1",
    "kind": "Service",
    "name": "app",
    "uid": "s",
    "controller": True,
    "blockOwnerDeletion": True,
}
LABELS = {
    "team": "a",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    "kubernetes.io/service-name": "app",
}


def service(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "app", "namespace": "dev", "uid": "s", "labels": {"team": "a"}},
        "spec": {
            "selector": {"app": "app"},
            "ports": [{"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP"}],
            **spec,
        },
    }


def pod(name: str, *, ready: bool = True, port: int = 3000, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "uid": name,
            "labels": {"app": "app"},
            **metadata,
        },
        "spec": {
            "nodeName": "drydock",
            "containers": [{"ports": [{"name": "web", "containerPort": port}]}],
        },
        "status": {
            "phase": "Running",
            "podIP": f"127.77.0.{name}",
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": "t"}],
        },
    }


def target(name: str) -> Object:
    return {"kind": "Pod", "name": name, "namespace": "dev", "uid": name}


def endpoint(name: str, *, ready: bool, serving: bool, terminating: bool) -> Object:
    return {
        "addresses": [f"127.77.0.{name}"],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "nodeName": "drydock",
        "targetRef": target(name),
    }


def slice_(endpoints: list[Object], port: int = 3000) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": "app-",
            "namespace": "dev",
            "labels": LABELS,
            "ownerReferences": [OWNER],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
    }


def endpoints_of(changes: list[Change]) -> list[Object]:
    return [
        each
        for change in changes
        if isinstance(change, Create | Update) and change.resource == ENDPOINT_SLICES
        for each in change.object["endpoints"]
    ]


def test_a_service_gets_a_slice_and_endpoints(play: Play) -> None:
    pods = [pod("1"), pod("2", ready=False)]
    assert play(reconcile(service(), pods, [], None)) == [
        Create(
            ENDPOINT_SLICES,
            slice_(
                [
                    endpoint("1", ready=True, serving=True, terminating=False),
                    endpoint("2", ready=False, serving=False, terminating=False),
                ]
            ),
        ),
        Create(
            ENDPOINTS,
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {
                    "name": "app",
                    "namespace": "dev",
                    "labels": {"team": "a"},
                    "ownerReferences": [OWNER],
                },
                "subsets": [
                    {
                        "addresses": [
                            {"ip": "127.77.0.1", "nodeName": "drydock", "targetRef": target("1")}
                        ],
                        "notReadyAddresses": [
                            {"ip": "127.77.0.2", "nodeName": "drydock", "targetRef": target("2")}
                        ],
                        "ports": [{"name": "http", "port": 3000, "protocol": "TCP"}],
                    }
                ],
            },
        ),
    ]


def test_a_leaving_pod_serves_but_is_not_ready(play: Play) -> None:
    leaving = pod("1", deletionTimestamp="2026-01-02T03:04:05Z")
    assert endpoints_of(play(reconcile(service(), [leaving], [], None))) == [
        endpoint("1", ready=False, serving=True, terminating=True)
    ]


def test_a_service_may_publish_what_is_not_ready(play: Play) -> None:
    published = service(publishNotReadyAddresses=True, clusterIP="None")
    (create, _) = play(reconcile(published, [pod("1", ready=False)], [], None))
    assert isinstance(create, Create)
    assert create.object["endpoints"] == [
        endpoint("1", ready=True, serving=False, terminating=False)
    ]
    assert create.object["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_strangers_and_pods_that_ended_or_have_no_address_are_left_out(play: Play) -> None:
    ended, unborn = pod("1"), pod("2")
    ended["status"]["phase"] = "Succeeded"
    del unborn["status"]["podIP"]
    stranger = pod("3", labels={"app": "other"})
    assert endpoints_of(play(reconcile(service(), [ended, unborn, stranger], [], None))) == []


def test_a_slice_in_place_is_changed_only_when_something_did(play: Play) -> None:
    ready = endpoint("1", ready=True, serving=True, terminating=False)
    before = slice_([ready])
    _, made = play(reconcile(service(), [pod("1")], [], None))
    assert isinstance(made, Create)
    assert play(reconcile(service(), [pod("1")], [before], made.object)) == []
    changed = play(reconcile(service(), [pod("1", ready=False)], [before], made.object))
    unready = endpoint("1", ready=False, serving=False, terminating=False)
    assert changed[0] == Update(ENDPOINT_SLICES, {**before, "endpoints": [unready]})


def test_pods_that_name_different_ports_go_into_different_slices(play: Play) -> None:
    before = slice_([], port=4000)
    changes = play(reconcile(service(), [pod("1"), pod("2", port=4000)], [before], None))
    ready = {"ready": True, "serving": True, "terminating": False}
    assert changes[:2] == [
        Create(ENDPOINT_SLICES, slice_([endpoint("1", **ready)])),
        Update(ENDPOINT_SLICES, slice_([endpoint("2", **ready)], port=4000)),
    ]


def test_a_slice_too_many_is_deleted(play: Play) -> None:
    one, other = slice_([], port=3000), slice_([], port=4000)
    changes = play(reconcile(service(), [pod("1")], [one, other], None))
    assert changes[1] == Delete(ENDPOINT_SLICES, other)


def test_without_a_selector_the_endpoints_are_somebody_elses(play: Play) -> None:
    assert play(reconcile(service(selector=None), [pod("1")], [], None)) == []
    assert play(reconcile(service(type="ExternalName"), [pod("1")], [], None)) == []
