from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    Record,
    Refused,
    Update,
    UpdateStatus,
)
from drydock.controllers.replicaset import reconcile, usefulness
from drydock.resources import PODS, REPLICA_SETS, Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "app-1",
    "uid": "rs",
    "controller": True,
    "blockOwnerDeletion": True,
}
Play = Callable[..., list[Change]]
Said = Callable[[list[Change]], list[str]]


def replica_set(replicas: int, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "app-1", "namespace": "dev", "uid": "rs", "generation": 1},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "app"}},
            "template": {
                "metadata": {"labels": {"app": "app"}, "annotations": {"a": "b"}},
                "spec": {"containers": []},
            },
            **spec,
        },
    }


def pod(
    name: str,
    *,
    ready: str | None = None,
    phase: str = "Running",
    created: str = "2026-01-02T03:00:00Z",
    node: str | None = "drydock",
    restarts: int = 0,
    **metadata: Any,
) -> dict[str, Any]:
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "lastTransitionTime": ready,
    }
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "uid": name,
            "creationTimestamp": created,
            "labels": {"app": "app"},
            "ownerReferences": [OWNER],
            **metadata,
        },
        "spec": {"nodeName": node},
        "status": {
            "phase": phase,
            "conditions": [condition],
            "containerStatuses": [{"restartCount": restarts}],
        },
    }


def status_of(changes: list[Change]) -> Object:
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    return dict(status)


def test_missing_pods_are_made_from_the_template(play: Play) -> None:
    it = replica_set(1)
    assert play(reconcile(it, [], NOW)) == [
        Create(
            PODS,
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "generateName": "app-1-",
                    "namespace": "dev",
                    "labels": {"app": "app"},
                    "annotations": {"a": "b"},
                    "ownerReferences": [OWNER],
                },
                "spec": {"containers": []},
            },
        ),
        Record(REPLICA_SETS, it, "Normal", "SuccessfulCreate", "Created pod: app-1-1"),
        UpdateStatus(
            REPLICA_SETS,
            {
                **it,
                "status": {"replicas": 1, "fullyLabeledReplicas": 1, "observedGeneration": 1},
            },
        ),
    ]


def test_the_pod_that_is_not_ready_leaves_first(play: Play, said: Said) -> None:
    pods = [
        pod("a", ready="2026-01-02T03:00:01Z"),
        pod("b"),
        pod("c", ready="2026-01-02T03:00:01Z"),
    ]
    changes = play(reconcile(replica_set(2), pods, NOW))
    assert changes[0] == Delete(PODS, pods[1])
    assert said(changes) == ["Normal SuccessfulDelete Deleted pod: b"]
    assert status_of(changes) == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "observedGeneration": 1,
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pod("z", node=None, phase="Pending"), pod("a", phase="Pending")),
        (pod("z", phase="Pending"), pod("a")),
        (pod("z"), pod("a", ready="2026-01-02T03:00:01Z")),
        (
            pod("z", annotations={"controller.kubernetes.io/pod-deletion-cost": "-1"}),
            pod("a", annotations={}),
        ),
        (pod("z", ready="2026-01-02T03:00:09Z"), pod("a", ready="2026-01-02T03:00:01Z")),
        (pod("z", restarts=2), pod("a", restarts=1)),
        (pod("z", created="2026-01-02T03:00:05Z"), pod("a", created="2026-01-02T03:00:01Z")),
    ],
    ids=["unscheduled", "pending", "unready", "cheap", "newly ready", "restarted", "young"],
)
def test_the_least_useful_pod_sorts_first(first: Object, second: Object) -> None:
    assert sorted([second, first], key=usefulness) == [first, second]


def test_pods_that_ended_or_leave_do_not_count(play: Play, said: Said) -> None:
    gone = [pod("a", phase="Failed"), pod("b", deletionTimestamp="2026-01-02T03:04:00Z")]
    assert said(play(reconcile(replica_set(1), gone, NOW))) == [
        "Normal SuccessfulCreate Created pod: app-1-1"
    ]


def test_a_ready_pod_is_available_after_its_minimum_of_seconds(play: Play) -> None:
    changes = play(
        reconcile(
            replica_set(2, minReadySeconds=10),
            [pod("a", ready="2026-01-02T03:04:02Z"), pod("b", ready="2026-01-02T03:03:00Z")],
            NOW,
        )
    )
    assert status_of(changes)["readyReplicas"] == 2
    assert status_of(changes)["availableReplicas"] == 1
    assert changes[-1] == After(7)


def test_a_refused_pod_is_told_in_an_event_and_a_condition(play: Play, said: Said) -> None:
    changes = play(reconcile(replica_set(2), [], NOW), refuse=Refused("exceeded quota"))
    assert said(changes) == ["Warning FailedCreate Error creating: exceeded quota"]
    assert changes[-1] == After(10)
    assert status_of(changes) == {
        "replicas": 0,
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": "exceeded quota",
                "lastTransitionTime": "2026-01-02T03:04:05Z",
            }
        ],
    }


def test_a_relabelled_pod_is_released(play: Play) -> None:
    stray = pod("a", labels={"app": "quarantine"})
    metadata = {key: value for key, value in stray["metadata"].items() if key != "ownerReferences"}
    assert play(reconcile(replica_set(1), [stray], NOW)) == [
        Update(PODS, {**stray, "metadata": metadata})
    ]
