from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    NameTaken,
    Record,
    Refused,
    Update,
    UpdateStatus,
)
from drydock.controllers.deployment import reconcile
from drydock.controllers.template import template_hash
from drydock.resources import DEPLOYMENTS, REPLICA_SETS, Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
EARLIER = "2026-01-02T03:00:00Z"
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "name": "app",
    "uid": "d",
    "controller": True,
    "blockOwnerDeletion": True,
}
Play = Callable[..., list[Change]]
Said = Callable[[list[Change]], list[str]]


def template(image: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def deployment(
    image: str = "v1",
    *,
    status: Object | None = None,
    annotations: Mapping[str, str] | None = None,
    generation: int = 1,
    **spec: Any,
) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "app",
            "namespace": "dev",
            "uid": "d",
            "generation": generation,
            "creationTimestamp": EARLIER,
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "app"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "progressDeadlineSeconds": 60,
            "revisionHistoryLimit": 1,
            "template": template(image),
            **spec,
        },
        **({"status": status} if status else {}),
    }


def replica_set(
    image: str, revision: int, replicas: int, *, available: int | None = None, desired: int = 2
) -> dict[str, Any]:
    digest = template_hash(template(image), 0)
    labels = {"app": "app", "pod-template-hash": digest}
    ready = replicas if available is None else available
    counts = {"readyReplicas": ready, "availableReplicas": ready} if ready else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"app-{digest}",
            "namespace": "dev",
            "uid": image,
            "creationTimestamp": f"2026-01-02T03:00:0{revision}Z",
            "labels": labels,
            "annotations": {
                "deployment.kubernetes.io/desired-replicas": str(desired),
                "deployment.kubernetes.io/max-replicas": str(desired + 1),
                "deployment.kubernetes.io/revision": str(revision),
            },
            "ownerReferences": [OWNER],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {**template(image), "metadata": {"labels": labels}},
        },
        "status": {"replicas": replicas, **counts},
    }


def name(image: str) -> str:
    return f"app-{template_hash(template(image), 0)}"


def condition(kind: str, status: str, reason: str, message: str, at: str = STAMP) -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at,
        "lastUpdateTime": at,
    }


AVAILABLE = (
    "Available",
    "True",
    "MinimumReplicasAvailable",
    "Deployment has minimum availability.",
)
UNAVAILABLE = (
    "Available",
    "False",
    "MinimumReplicasUnavailable",
    "Deployment does not have minimum availability.",
)


def revision(number: int) -> dict[str, str]:
    return {"deployment.kubernetes.io/revision": str(number)}


def settled(image: str) -> Object:
    """The status of a Deployment that finished rolling out `image`."""
    done = f'ReplicaSet "{name(image)}" has successfully progressed.'
    return {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "conditions": [
            condition(*AVAILABLE, EARLIER),
            condition("Progressing", "True", "NewReplicaSetAvailable", done, EARLIER),
        ],
    }


def test_a_new_deployment_gets_its_replica_set_and_says_so(play: Play) -> None:
    it = deployment(
        annotations={"team": "a", "kubectl.kubernetes.io/last-applied-configuration": "x"}
    )
    created, event, status = play(reconcile(it, [], [], NOW))
    digest = template_hash(template("v1"), 0)
    labels = {"app": "app", "pod-template-hash": digest}
    assert created == Create(
        REPLICA_SETS,
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"app-{digest}",
                "namespace": "dev",
                "labels": labels,
                "annotations": {
                    "team": "a",
                    "deployment.kubernetes.io/desired-replicas": "2",
                    "deployment.kubernetes.io/max-replicas": "3",
                    "deployment.kubernetes.io/revision": "1",
                },
                "ownerReferences": [OWNER],
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {**template("v1"), "metadata": {"labels": labels}},
            },
        },
    )
    message = f"Scaled up replica set app-{digest} from 0 to 2"
    assert event == Record(DEPLOYMENTS, it, "Normal", "ScalingReplicaSet", message)
    progressing = ("True", "NewReplicaSetCreated", f'Created new replica set "app-{digest}"')
    assert status == UpdateStatus(
        DEPLOYMENTS,
        {
            **it,
            "status": {
                "observedGeneration": 1,
                "unavailableReplicas": 2,
                "conditions": [condition(*UNAVAILABLE), condition("Progressing", *progressing)],
            },
        },
    )


def test_the_deployment_then_learns_its_revision(play: Play) -> None:
    it = deployment()
    assert play(reconcile(it, [replica_set("v1", 1, 2, available=0)], [], NOW)) == [
        Update(DEPLOYMENTS, {**it, "metadata": {**it["metadata"], "annotations": revision(1)}})
    ]


def test_a_rolled_out_deployment_is_left_alone(play: Play) -> None:
    it = deployment(status=settled("v1"), annotations=revision(1))
    assert play(reconcile(it, [replica_set("v1", 1, 2)], [], NOW)) == []


def test_a_new_template_starts_with_the_surge_and_the_next_revision(play: Play) -> None:
    it = deployment("v2", status=settled("v1"), annotations=revision(1), generation=2)
    created, event, status = play(reconcile(it, [replica_set("v1", 1, 2)], [], NOW))
    assert isinstance(created, Create)
    assert created.object["spec"]["replicas"] == 1
    assert created.object["metadata"]["annotations"] == {
        "deployment.kubernetes.io/desired-replicas": "2",
        "deployment.kubernetes.io/max-replicas": "3",
        **revision(2),
    }
    assert isinstance(event, Record)
    assert event.message == f"Scaled up replica set {name('v2')} from 0 to 1"
    assert isinstance(status, UpdateStatus)
    assert status.object["status"] == {
        "observedGeneration": 2,
        "replicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "unavailableReplicas": 1,
        "conditions": [
            condition(*AVAILABLE, EARLIER),
            {
                **condition(
                    "Progressing",
                    "True",
                    "NewReplicaSetCreated",
                    f'Created new replica set "{name("v2")}"',
                ),
                "lastTransitionTime": EARLIER,
            },
        ],
    }


def test_an_old_pod_leaves_for_each_new_one_that_is_available(play: Play, said: Said) -> None:
    it = deployment("v2", status=settled("v1"), annotations=revision(2))
    sets = [replica_set("v1", 1, 2), replica_set("v2", 2, 1)]
    changes = play(reconcile(it, sets, [], NOW))
    assert said(changes) == [
        f"Normal ScalingReplicaSet Scaled down replica set {name('v1')} from 2 to 1"
    ]


def test_no_old_pod_leaves_before_its_successor_is_available(play: Play, said: Said) -> None:
    it = deployment("v2", status=settled("v1"), annotations=revision(2))
    sets = [replica_set("v1", 1, 2), replica_set("v2", 2, 1, available=0)]
    assert said(play(reconcile(it, sets, [], NOW))) == []


def test_the_new_set_grows_as_the_old_one_makes_room(play: Play, said: Said) -> None:
    it = deployment("v2", status=settled("v1"), annotations=revision(2))
    sets = [replica_set("v1", 1, 1), replica_set("v2", 2, 1)]
    changes = play(reconcile(it, sets, [], NOW))
    assert said(changes) == [
        f"Normal ScalingReplicaSet Scaled up replica set {name('v2')} from 1 to 2"
    ]


def test_progress_moves_the_time_of_the_last_update_and_comes_back_for_the_deadline(
    play: Play,
) -> None:
    created = condition("Progressing", "True", "NewReplicaSetCreated", "Created", EARLIER)
    before = {"observedGeneration": 1, "conditions": [condition(*UNAVAILABLE), created]}
    it = deployment(status=before, annotations=revision(1))
    status, after = play(reconcile(it, [replica_set("v1", 1, 2, available=1)], [], NOW))
    assert isinstance(status, UpdateStatus)
    assert status.object["status"] == {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "unavailableReplicas": 1,
        "conditions": [
            condition(*UNAVAILABLE),
            {
                **condition(
                    "Progressing",
                    "True",
                    "ReplicaSetUpdated",
                    f'ReplicaSet "{name("v1")}" is progressing.',
                ),
                "lastTransitionTime": EARLIER,
            },
        ],
    }
    assert after == After(61)


def test_a_rollout_without_progress_exceeds_its_deadline(play: Play) -> None:
    updated = condition("Progressing", "True", "ReplicaSetUpdated", "is progressing", STAMP)
    counts = {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "unavailableReplicas": 2,
    }
    before = {**counts, "conditions": [condition(*UNAVAILABLE), updated]}
    it = deployment(status=before, annotations=revision(1))
    sets = [replica_set("v1", 1, 2, available=0)]
    assert play(reconcile(it, sets, [], NOW + timedelta(seconds=60))) == [After(1)]
    (status,) = play(reconcile(it, sets, [], NOW + timedelta(seconds=61)))
    late = "2026-01-02T03:05:06Z"
    failed = f'ReplicaSet "{name("v1")}" has timed out progressing.'
    assert status == UpdateStatus(
        DEPLOYMENTS,
        {
            **it,
            "status": {
                **counts,
                "conditions": [
                    condition(*UNAVAILABLE),
                    condition("Progressing", "False", "ProgressDeadlineExceeded", failed, late),
                ],
            },
        },
    )


def test_the_last_available_pod_completes_the_rollout(play: Play) -> None:
    updated = condition("Progressing", "True", "ReplicaSetUpdated", "is progressing", EARLIER)
    before = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2}
    it = deployment(status={**before, "conditions": [updated]}, annotations=revision(1))
    (status,) = play(reconcile(it, [replica_set("v1", 1, 2)], [], NOW))
    assert isinstance(status, UpdateStatus)
    progressing = status.object["status"]["conditions"][0]
    assert (progressing["reason"], progressing["lastUpdateTime"]) == (
        "NewReplicaSetAvailable",
        STAMP,
    )


def test_going_back_reuses_the_old_set_under_a_new_revision(play: Play) -> None:
    it = deployment("v1", status=settled("v2"), annotations=revision(2))
    old, new = replica_set("v1", 1, 0), replica_set("v2", 2, 2)
    (update,) = play(reconcile(it, [old, new], [], NOW))
    annotations = {
        **old["metadata"]["annotations"],
        **revision(3),
        "deployment.kubernetes.io/revision-history": "1",
    }
    metadata = {**old["metadata"], "annotations": annotations}
    assert update == Update(REPLICA_SETS, {**old, "metadata": metadata})


def test_history_beyond_the_limit_is_forgotten_once_the_rollout_is_done(play: Play) -> None:
    it = deployment("v3", status=settled("v3"), annotations=revision(3))
    sets = [replica_set("v1", 1, 0), replica_set("v2", 2, 0), replica_set("v3", 3, 2)]
    assert play(reconcile(it, sets, [], NOW)) == [Delete(REPLICA_SETS, sets[0])]


def test_recreate_waits_until_the_last_old_pod_is_gone(play: Play, said: Said) -> None:
    it = deployment(
        "v2", status=settled("v1"), annotations=revision(1), strategy={"type": "Recreate"}
    )
    old = replica_set("v1", 1, 2)
    changes = play(reconcile(it, [old], [], NOW))
    assert said(changes) == [
        f"Normal ScalingReplicaSet Scaled down replica set {name('v1')} from 2 to 0"
    ]
    boss = {"kind": "ReplicaSet", "name": name("v1"), "uid": "v1", "controller": True}
    leaving = {
        "metadata": {"name": "p", "ownerReferences": [boss], "deletionTimestamp": STAMP},
        "status": {"phase": "Running"},
    }
    empty = replica_set("v1", 1, 0)
    assert said(play(reconcile(it, [empty], [leaving], NOW))) == []
    assert said(play(reconcile(it, [empty], [], NOW))) == [
        f"Normal ScalingReplicaSet Scaled up replica set {name('v2')} from 0 to 2"
    ]


def test_a_paused_deployment_scales_but_does_not_roll(play: Play, said: Said) -> None:
    it = deployment("v2", status=settled("v1"), annotations=revision(1), paused=True, replicas=3)
    changes = play(reconcile(it, [replica_set("v1", 1, 2)], [], NOW))
    assert said(changes) == [
        f"Normal ScalingReplicaSet Scaled up replica set {name('v1')} from 2 to 3"
    ]
    (status,) = (each for each in changes if isinstance(each, UpdateStatus))
    progressing = condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    assert status.object["status"]["conditions"][1] == progressing


@pytest.mark.parametrize(("refusal", "collisions"), [(NameTaken("no"), 1), (Refused("no"), None)])
def test_a_refused_replica_set_is_told_and_another_name_is_tried_if_that_helps(
    play: Play, said: Said, refusal: Refused, collisions: int | None
) -> None:
    changes = play(reconcile(deployment(), [], [], NOW), refuse=refusal)
    assert said(changes) == [
        f'Warning ReplicaSetCreateError Failed to create new replica set "{name("v1")}": no'
    ]
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    assert status == {
        "observedGeneration": 1,
        **({"collisionCount": collisions} if collisions else {}),
        "conditions": [
            condition(*UNAVAILABLE),
            condition("Progressing", "False", "FailedCreate", "no"),
        ],
    }
    assert template_hash(template("v1"), 1) != template_hash(template("v1"), 0)


def test_a_lasting_refusal_is_not_written_again_and_again(play: Play) -> None:
    refusal = Refused("no")
    changes = play(reconcile(deployment(), [], [], NOW), refuse=refusal)
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    changes = play(reconcile(deployment(status=status), [], [], NOW), refuse=refusal)
    assert not [each for each in changes if isinstance(each, UpdateStatus)]


def test_an_orphaned_replica_set_is_adopted(play: Play) -> None:
    orphan = replica_set("v1", 1, 2)
    owned = orphan["metadata"].pop("ownerReferences")
    metadata = {**orphan["metadata"], "ownerReferences": owned}
    assert play(reconcile(deployment(), [orphan], [], NOW)) == [
        Update(REPLICA_SETS, {**orphan, "metadata": metadata})
    ]
