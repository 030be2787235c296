"""What kubectl get shows, kind by kind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drydock import resources
from drydock.api.ages import human
from drydock.api.pod_columns import PodSummary, summary
from drydock.api.tables import table
from drydock.resources import RESOURCES, Resource
from drydock.timestamps import timestamp

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-0.5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (10_799, "179m"),
        (10_800, "3h"),
        (11_000, "3h3m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (49 * 3600, "2d1h"),
        (8 * 86400 + 5000, "8d"),
        (800 * 86400, "2y70d"),
        (3650 * 86400, "10y"),
    ],
)
def test_durations_are_coarser_the_longer_they_are(seconds: float, text: str) -> None:
    assert human(seconds) == text


def ended(exit_code: int = 1, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": exit_code, **more}}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason}}


RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-11-22T11:00:00Z"}}


def container(state: dict[str, Any], *, ready: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": "main", "state": state, "ready": ready, "restartCount": 0, **more}


def pod(phase: str = "Running", *mains: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "main"} for _ in mains or ("main",)]},
        "status": {"phase": phase, "containerStatuses": list(mains), **status},
    }


def terminating(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "metadata": {"name": "web", "deletionTimestamp": "2026-11-22T11:59:00Z"}}


def initialised(init_state: dict[str, Any], **init: Any) -> dict[str, Any]:
    obj = pod("Pending", container(waiting("PodInitializing")))
    obj["spec"]["initContainers"] = [{"name": "first"}, {"name": "second"}]
    obj["status"]["initContainerStatuses"] = [
        {"name": "first", "state": ended(0), "restartCount": 0},
        {"name": "second", "state": init_state, "restartCount": 0, **init},
    ]
    return obj


@pytest.mark.parametrize(
    ("obj", "shown"),
    [
        (pod("Pending"), ("0/1", "Pending", "0")),
        (
            pod("Pending", container(waiting("ContainerCreating"))),
            ("0/1", "ContainerCreating", "0"),
        ),
        (pod("Pending", container(waiting("ErrImagePull"))), ("0/1", "ErrImagePull", "0")),
        (pod("Running", container(RUNNING, ready=True)), ("1/1", "Running", "0")),
        (pod("Running", container(RUNNING)), ("0/1", "Running", "0")),
        (
            pod(
                "Running",
                container(
                    waiting("CrashLoopBackOff"),
                    restartCount=3,
                    lastState=ended(finishedAt="2026-11-22T11:57:50Z"),
                ),
            ),
            ("0/1", "CrashLoopBackOff", "3 (2m10s ago)"),
        ),
        (pod("Succeeded", container(ended(0, reason="Completed"))), ("0/1", "Completed", "0")),
        (pod("Failed", container(ended(1, reason="Error"))), ("0/1", "Error", "0")),
        (pod("Failed", container(ended(137, reason="OOMKilled"))), ("0/1", "OOMKilled", "0")),
        (pod("Failed", container(ended(3))), ("0/1", "ExitCode:3", "0")),
        (pod("Failed", container(ended(137, signal=9))), ("0/1", "Signal:9", "0")),
        (pod("Failed", reason="Evicted"), ("0/1", "Evicted", "0")),
        (
            pod(
                "Running",
                container(RUNNING, ready=True),
                container(ended(0, reason="Completed")),
                conditions=[{"type": "Ready", "status": "False"}],
            ),
            ("1/2", "NotReady", "0"),
        ),
        (terminating(pod("Running", container(RUNNING, ready=True))), ("1/1", "Terminating", "0")),
        (
            terminating(pod("Succeeded", container(ended(0, reason="Completed")))),
            ("0/1", "Completed", "0"),
        ),
        (initialised(RUNNING), ("0/1", "Init:1/2", "0")),
        (initialised(waiting("PodInitializing")), ("0/1", "Init:1/2", "0")),
        (initialised(ended(1, reason="Error"), restartCount=2), ("0/1", "Init:Error", "2")),
        (initialised(ended(2)), ("0/1", "Init:ExitCode:2", "0")),
        (initialised(waiting("CrashLoopBackOff")), ("0/1", "Init:CrashLoopBackOff", "0")),
        (initialised(ended(0)), ("0/1", "PodInitializing", "0")),
    ],
)
def test_pods(obj: dict[str, Any], shown: tuple[str, str, str]) -> None:
    assert summary(obj, NOW) == PodSummary(*shown)


def test_sidecars_count_as_containers() -> None:
    obj = pod("Running", container(RUNNING, ready=True))
    obj["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    obj["status"]["initContainerStatuses"] = [
        container(RUNNING, ready=True, started=True, restartCount=1) | {"name": "proxy"}
    ]
    assert summary(obj, NOW) == PodSummary("2/2", "Running", "1")


TEMPLATE = {"spec": {"containers": [{"name": "web", "image": "w:1"}, {"name": "log"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}


def condition(type_: str, status: str = "True") -> dict[str, str]:
    return {"type": type_, "status": status}


@pytest.mark.parametrize(
    ("kind", "obj", "columns", "cells"),
    [
        (
            resources.DEPLOYMENTS,
            {
                "spec": {"replicas": 3, "template": TEMPLATE, "selector": SELECTOR},
                "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
            },
            "Name Ready Up-to-date Available Age Containers* Images* Selector*",
            ["x", "2/3", 3, 1, "5m", "web,log", "w:1,", "app=web"],
        ),
        (
            resources.REPLICA_SETS,
            {
                "spec": {"replicas": 3, "template": TEMPLATE, "selector": SELECTOR},
                "status": {"replicas": 3, "readyReplicas": 2},
            },
            "Name Desired Current Ready Age Containers* Images* Selector*",
            ["x", 3, 3, 2, "5m", "web,log", "w:1,", "app=web"],
        ),
        (
            resources.JOBS,
            {
                "spec": {"completions": 2, "template": TEMPLATE, "selector": SELECTOR},
                "status": {
                    "succeeded": 2,
                    "startTime": "2026-11-22T11:00:00Z",
                    "completionTime": "2026-11-22T11:00:07Z",
                    "conditions": [condition("Complete")],
                },
            },
            "Name Status Completions Duration Age Containers* Images* Selector*",
            ["x", "Complete", "2/2", "7s", "5m", "web,log", "w:1,", "app=web"],
        ),
        (
            resources.SERVICES,
            {
                "spec": {
                    "type": "LoadBalancer",
                    "clusterIP": "10.0.0.1",
                    "ports": [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}],
                    "selector": {"b": "2", "a": "1"},
                }
            },
            "Name Type Cluster-IP External-IP Port(s) Age Selector*",
            ["x", "LoadBalancer", "10.0.0.1", "<pending>", "80:30080/TCP,53/UDP", "5m", "a=1,b=2"],
        ),
        (
            resources.INGRESSES,
            {
                "spec": {
                    "ingressClassName": "traefik",
                    "rules": [{"host": f"{name}.example"} for name in "abcd"],
                    "tls": [{}],
                },
                "status": {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}},
            },
            "Name Class Hosts Address Ports Age",
            [
                "x",
                "traefik",
                "a.example,b.example,c.example + 1 more...",
                "127.0.0.1",
                "80, 443",
                "5m",
            ],
        ),
        (
            resources.HORIZONTAL_POD_AUTOSCALERS,
            {
                "spec": {
                    "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                    "minReplicas": 2,
                    "maxReplicas": 5,
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "target": {"averageUtilization": 80}},
                        },
                        {
                            "type": "Resource",
                            "resource": {"name": "memory", "target": {"averageValue": "1Gi"}},
                        },
                    ],
                },
                "status": {
                    "currentReplicas": 3,
                    "currentMetrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "current": {"averageUtilization": 40}},
                        }
                    ],
                },
            },
            "Name Reference Targets MinPods MaxPods Replicas Age",
            ["x", "Deployment/web", "cpu: 40%/80%, memory: <unknown>/1Gi", "2", 5, 3, "5m"],
        ),
        (
            resources.POD_DISRUPTION_BUDGETS,
            {"spec": {"minAvailable": "50%"}, "status": {"disruptionsAllowed": 1}},
            "Name Min Available,Max Unavailable,Allowed Disruptions,Age",
            ["x", "50%", "N/A", 1, "5m"],
        ),
        (
            resources.EVENTS,
            {
                "involvedObject": {"kind": "Pod", "name": "web", "fieldPath": "spec.containers{x}"},
                "type": "Warning",
                "reason": "BackOff",
                "message": "Back-off restarting \n",
                "source": {"component": "kubelet", "host": "here"},
                "firstTimestamp": "2026-11-22T11:00:00Z",
                "lastTimestamp": "2026-11-22T11:59:00Z",
                "count": 4,
            },
            "Last Seen,Type,Reason,Object,Subobject*,Source*,Message,First Seen*,Count*,Name*",
            [
                *("60s", "Warning", "BackOff", "pod/web", "spec.containers{x}", "kubelet, here"),
                *("Back-off restarting", "60m", 4, "x"),
            ],
        ),
        (
            resources.NODES,
            {
                "spec": {"unschedulable": True},
                "status": {
                    "conditions": [condition("Ready")],
                    "nodeInfo": {"kubeletVersion": "v1.36.0"},
                    "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                },
            },
            "Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* "
            "Container-Runtime*",
            [
                *("x", "Ready,SchedulingDisabled", "<none>", "5m", "v1.36.0", "127.0.0.1"),
                *("<none>", "<unknown>", "<unknown>", "<unknown>"),
            ],
        ),
        (
            resources.NAMESPACES,
            {"status": {"phase": "Terminating"}},
            "Name Status Age",
            ["x", "Terminating", "5m"],
        ),
        (
            resources.SECRETS,
            {"type": "Opaque", "data": {"a": "", "b": ""}},
            "Name Type Data Age",
            ["x", "Opaque", 2, "5m"],
        ),
        (
            resources.CONFIG_MAPS,
            {"data": {"a": ""}, "binaryData": {"b": ""}},
            "Name Data Age",
            ["x", 2, "5m"],
        ),
        (
            resources.ENDPOINT_SLICES,
            {
                "addressType": "IPv4",
                "ports": [{"port": 8080}],
                "endpoints": [{"addresses": [f"127.77.0.{n}"]} for n in range(1, 6)],
            },
            "Name AddressType Ports Endpoints Age",
            ["x", "IPv4", "8080", "127.77.0.1,127.77.0.2,127.77.0.3 + 2 more...", "5m"],
        ),
        (
            resources.NETWORK_POLICIES,
            {"spec": {"podSelector": {}}},
            "Name Pod-Selector Age",
            ["x", "<none>", "5m"],
        ),
        (
            resources.LEASES,
            {"spec": {"holderIdentity": "me"}},
            "Name Holder Age",
            ["x", "me", "5m"],
        ),
        (
            resources.ROLE_BINDINGS,
            {
                "roleRef": {"kind": "Role", "name": "r"},
                "subjects": [{"kind": "ServiceAccount", "namespace": "dev", "name": "s"}],
            },
            "Name Role Age Users* Groups* ServiceAccounts*",
            ["x", "Role/r", "5m", "", "", "dev/s"],
        ),
    ],
)
def test_other_kinds(kind: Resource, obj: dict[str, Any], columns: str, cells: list[Any]) -> None:
    metadata = {"name": "x", "creationTimestamp": "2026-11-22T11:55:00Z"}
    shown = table(
        kind, [{"metadata": metadata, **obj}], metadata={}, include_object="None", now=NOW
    )
    names = [column["name"] + "*" * column["priority"] for column in shown["columnDefinitions"]]
    joint = "," if "," in columns else " "
    assert joint.join(names) == columns.replace("Name Min", "Name,Min")
    assert shown["rows"] == [{"cells": cells}]


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.plural)
def test_every_kind_has_as_many_cells_as_columns(kind: Resource) -> None:
    """On the least that an object of any kind can be."""
    obj = {
        "metadata": {"name": "x", "creationTimestamp": timestamp(NOW - timedelta(hours=1))},
        "spec": {
            "containers": [],
            "template": {"spec": {}},
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "maxReplicas": 1,
            "schedule": "@hourly",
            "jobTemplate": {"spec": {"template": {"spec": {}}}},
        },
        "roleRef": {"kind": "Role", "name": "r"},
    }
    shown = table(kind, [obj], metadata={"resourceVersion": "7"}, include_object="Object")
    [row] = shown["rows"]
    assert len(row["cells"]) == len(shown["columnDefinitions"])
    assert row["object"] is obj
    assert shown["metadata"] == {"resourceVersion": "7"}
