from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.controllers.changes import After, Change, UpdateStatus
from drydock.controllers.pdb import reconcile
from drydock.resources import Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
Play = Callable[..., list[Change]]
SETS = [{"metadata": {"uid": "rs"}, "spec": {"replicas": 4}}]


def budget(status: Object | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "app", "namespace": "dev", "generation": 3},
        "spec": {"selector": {"matchLabels": {"app": "app"}}, **spec},
        **({"status": status} if status else {}),
    }


def pod(name: str, *, ready: bool = True, **metadata: Any) -> Object:
    owner = {"kind": "ReplicaSet", "uid": "rs", "controller": True}
    labels = {"app": "app"}
    return {
        "metadata": {"name": name, "labels": labels, "ownerReferences": [owner], **metadata},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": STAMP}],
        },
    }


def status_of(changes: list[Change]) -> Object:
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    return dict(status)


@pytest.mark.parametrize(
    ("spec", "expected", "desired", "allowed"),
    [
        ({"minAvailable": 2}, 3, 2, 1),
        ({"minAvailable": "50%"}, 4, 2, 1),
        ({"minAvailable": "100%"}, 4, 4, 0),
        ({"maxUnavailable": 1}, 4, 3, 0),
        ({"maxUnavailable": "50%"}, 4, 2, 1),
    ],
)
def test_a_budget_allows_what_its_pods_can_spare(
    play: Play, spec: dict[str, Any], expected: int, desired: int, allowed: int
) -> None:
    """Three of four pods are there."""
    verdict = {
        "type": "DisruptionAllowed",
        "status": "True" if allowed else "False",
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
        "lastTransitionTime": STAMP,
    }
    pods = [pod("a"), pod("b"), pod("c")]
    assert status_of(play(reconcile(budget(**spec), pods, SETS, NOW))) == {
        "observedGeneration": 3,
        "expectedPods": expected,
        "currentHealthy": 3,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "conditions": [verdict],
    }


def test_leaving_and_unready_pods_are_not_healthy(play: Play) -> None:
    pods = [pod("a"), pod("b", ready=False), pod("c", deletionTimestamp=STAMP)]
    assert status_of(play(reconcile(budget(minAvailable=1), pods, [], NOW)))["currentHealthy"] == 1


def test_a_granted_eviction_counts_until_its_pod_leaves(play: Play) -> None:
    before = {"disruptedPods": {"a": "2026-01-02T03:04:00Z", "gone": "2026-01-02T03:04:00Z"}}
    changes = play(reconcile(budget(before, minAvailable=1), [pod("a"), pod("b")], [], NOW))
    status = status_of(changes)
    assert status["disruptedPods"] == {"a": "2026-01-02T03:04:00Z"}
    assert (status["currentHealthy"], status["disruptionsAllowed"]) == (1, 0)
    assert changes[-1] == After(115)


def test_the_size_of_a_stateful_set_counts_like_any_other(play: Play) -> None:
    """`reconcile` asks no owner for its kind: whatever says how many pods it wants is counted."""
    owner = {"kind": "StatefulSet", "uid": "sts", "controller": True}
    chosen = [pod(f"db-{n}", ownerReferences=[owner]) for n in range(2)]
    sized = [*SETS, {"metadata": {"uid": "sts"}, "spec": {"replicas": 3}}]
    status = status_of(play(reconcile(budget(maxUnavailable=2), chosen, sized, NOW)))
    assert (status["expectedPods"], status["desiredHealthy"], status["disruptionsAllowed"]) == (
        3,
        1,
        1,
    )
