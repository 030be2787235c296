from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drydock.controllers.changes import (
    After,
    Change,
    Recommend,
    Scale,
    UpdateStatus,
)
from drydock.controllers.hpa import reconcile, stabilized
from drydock.controllers.metrics import UsageOf
from drydock.quantities import parse
from drydock.resources import DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, Object
from drydock.usage import Usage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
Play = Callable[..., list[Change]]
Said = Callable[[list[Change]], list[str]]


def autoscaler(target: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    goal = {"type": "Utilization", "averageUtilization": 50, **(target or {})}
    return {
        "metadata": {"name": "app", "namespace": "dev", "generation": 1},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "app"},
            "minReplicas": 2,
            "maxReplicas": 6,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": goal}}],
            **spec,
        },
    }


def deployment(replicas: int) -> Object:
    return {
        "metadata": {"name": "app", "namespace": "dev"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "app"}}},
    }


LONG_AGO = "2026-01-02T03:00:00Z"


def pods(
    count: int, *, request: str | None = "100m", ready: bool = True, since: str = LONG_AGO
) -> list[Object]:
    requests = {"cpu": request} if request else {}
    return [
        {
            "metadata": {
                "name": f"p{n}",
                "namespace": "dev",
                "uid": f"p{n}",
                "labels": {"app": "app"},
            },
            "spec": {"containers": [{"name": "app", "resources": {"requests": requests}}]},
            "status": {
                "phase": "Running",
                "conditions": [
                    {"type": "Ready", "status": str(ready), "lastTransitionTime": since}
                ],
            },
        }
        for n in range(count)
    ]


def using(*cores: float | None) -> UsageOf:
    used = {f"p{n}": Usage(each, 0) for n, each in enumerate(cores) if each is not None}
    return lambda _, name: used.get(name)


def recommended(*pairs: tuple[int, int]) -> list[Recommend]:
    """Seconds ago and replicas; the size at the time was the same."""
    return [Recommend(NOW - timedelta(seconds=ago), size, size) for ago, size in pairs]


def conditions(changes: list[Change]) -> dict[str, str]:
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    return {each["type"]: f"{each['status']} {each['reason']}" for each in status["conditions"]}


def scaled(changes: list[Change]) -> int | None:
    return next((each.replicas for each in changes if isinstance(each, Scale)), None)


def test_the_minimum_holds_at_once_without_any_metric(play: Play, said: Said) -> None:
    it, target = autoscaler(), deployment(1)
    changes = play(
        reconcile(it, DEPLOYMENTS, target, [], usage=using(), past=recommended((9, 1)), now=NOW)
    )
    rescaled = {
        "type": "AbleToScale",
        "status": "True",
        "reason": "SucceededRescale",
        "message": "the HPA controller was able to update the target scale to 2",
        "lastTransitionTime": STAMP,
    }
    status = {
        "observedGeneration": 1,
        "lastScaleTime": STAMP,
        "currentReplicas": 1,
        "desiredReplicas": 2,
        "currentMetrics": [],
        "conditions": [rescaled],
    }
    assert changes[:2] == [After(15), Scale(DEPLOYMENTS, target, 2)]
    why = "Current number of replicas below Spec.MinReplicas"
    assert said(changes) == [f"Normal SuccessfulRescale New size: 2; reason: {why}"]
    assert changes[-1] == UpdateStatus(HORIZONTAL_POD_AUTOSCALERS, {**it, "status": status})


def test_the_maximum_holds_at_once(play: Play) -> None:
    changes = play(
        reconcile(autoscaler(), DEPLOYMENTS, deployment(9), [], usage=using(), past=[], now=NOW)
    )
    assert scaled(changes) == 6


@pytest.mark.parametrize(
    ("cores", "size"),
    [
        ((0.05, 0.05), None),
        ((0.054, 0.055), None),
        ((0.10, 0.10), 4),
        ((0.06, 0.06), 3),
        ((0.50, 0.50), 6),
        ((0.10, None), None),
        ((0.30, None), 6),
    ],
    ids=["on target", "tolerated", "double", "a fifth more", "maximum", "unknown", "unknown, hot"],
)
def test_load_above_target_grows_it(
    play: Play, cores: tuple[float | None, ...], size: int | None
) -> None:
    changes = play(
        reconcile(
            autoscaler(), DEPLOYMENTS, deployment(2), pods(2), usage=using(*cores), past=[], now=NOW
        )
    )
    assert scaled(changes) == size


def test_the_cost_of_starting_is_no_load(play: Play) -> None:
    """A pod that became ready a moment ago counts as idle beside the others."""
    fresh = pods(2, since="2026-01-02T03:03:55Z")
    for selected, size in ((fresh, None), ([pods(2)[0], fresh[1]], None), (pods(2), 4)):
        changes = play(
            reconcile(
                autoscaler(),
                DEPLOYMENTS,
                deployment(2),
                selected,
                usage=using(0.1, 0.1),
                past=[],
                now=NOW,
            )
        )
        assert scaled(changes) == size


def test_what_was_measured_is_said(play: Play) -> None:
    changes = play(
        reconcile(
            autoscaler(),
            DEPLOYMENTS,
            deployment(2),
            pods(2),
            usage=using(0.04, 0.06),
            past=[],
            now=NOW,
        )
    )
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    current = {"averageUtilization": 50, "averageValue": "50m"}
    assert status["currentMetrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "current": current}}
    ]
    assert conditions(changes) == {
        "ScalingActive": "True ValidMetricFound",
        "AbleToScale": "True ReadyForNewScale",
        "ScalingLimited": "False DesiredWithinRange",
    }


def test_an_average_value_needs_no_requests(play: Play) -> None:
    goal = {"type": "AverageValue", "averageValue": "100m", "averageUtilization": None}
    it = autoscaler()
    del goal["averageUtilization"]
    it["spec"]["metrics"][0]["resource"]["target"] = goal
    changes = play(
        reconcile(
            it,
            DEPLOYMENTS,
            deployment(2),
            pods(2, request=None),
            usage=using(0.2, 0.2),
            past=[],
            now=NOW,
        )
    )
    assert scaled(changes) == 4


@pytest.mark.parametrize(
    ("target", "replicas", "current"),
    [
        (
            {"type": "Utilization", "averageUtilization": 50},
            4,
            {"averageUtilization": 100, "averageValue": "64Mi"},
        ),
        ({"type": "AverageValue", "averageValue": "32Mi"}, 4, {"averageValue": "64Mi"}),
        ({"type": "AverageValue", "averageValue": "64Mi"}, None, {"averageValue": "64Mi"}),
    ],
)
def test_memory_is_measured_too_and_counts_from_the_first_moment(
    play: Play, target: Mapping[str, Any], replicas: int | None, current: Mapping[str, Any]
) -> None:
    it = autoscaler()
    it["spec"]["metrics"] = [{"type": "Resource", "resource": {"name": "memory", "target": target}}]
    namespace_pods = pods(2, since=STAMP)
    for pod in namespace_pods:
        pod["spec"]["containers"][0]["resources"]["requests"]["memory"] = "64Mi"
    changes = play(
        reconcile(
            it,
            DEPLOYMENTS,
            deployment(2),
            namespace_pods,
            usage=lambda _, __: Usage(0.0, 64 * 1024**2),
            past=[],
            now=NOW,
        )
    )
    assert scaled(changes) == replicas
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    [measured] = status["currentMetrics"]
    shown = measured["resource"]["current"]
    assert {**shown, "averageValue": parse(shown["averageValue"])} == {
        **current,
        "averageValue": parse(current["averageValue"]),
    }


def test_shrinking_waits_for_the_window(play: Play) -> None:
    def after(*past: tuple[int, int]) -> list[Change]:
        return play(
            reconcile(
                autoscaler(),
                DEPLOYMENTS,
                deployment(4),
                pods(4),
                usage=using(0.01, 0.01, 0.01, 0.01),
                past=recommended(*past),
                now=NOW,
            )
        )

    assert scaled(after((299, 4))) is None
    assert conditions(after((299, 4)))["AbleToScale"] == "True ScaleDownStabilized"
    assert scaled(after((301, 4), (200, 1))) == 2
    assert conditions(after((301, 4), (200, 1)))["ScalingLimited"] == "True TooFewReplicas"


def test_a_restart_forgets_no_size(play: Play) -> None:
    """Without any recommendation in memory the present size counts as one."""
    changes = play(
        reconcile(
            autoscaler(),
            DEPLOYMENTS,
            deployment(3),
            pods(3),
            usage=using(0, 0, 0),
            past=[],
            now=NOW,
        )
    )
    assert scaled(changes) is None
    assert changes[1] == Recommend(NOW, 3, 3)


def test_policies_limit_the_speed(play: Play) -> None:
    behavior = {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
    changes = play(
        reconcile(
            autoscaler(behavior=behavior),
            DEPLOYMENTS,
            deployment(2),
            pods(2),
            usage=using(1, 1),
            past=[],
            now=NOW,
        )
    )
    assert scaled(changes) == 3
    assert conditions(changes)["ScalingLimited"] == "True ScaleUpLimit"


def test_a_window_for_growing_waits_too() -> None:
    behavior = {"scaleUp": {"stabilizationWindowSeconds": 60}}
    assert stabilized(6, 3, behavior, recommended((30, 4)), NOW) == 4
    assert stabilized(6, 3, behavior, recommended((61, 4)), NOW) == 6


def test_without_metrics_it_keeps_its_size_and_says_so_once(play: Play, said: Said) -> None:
    it = autoscaler()
    changes = play(
        reconcile(it, DEPLOYMENTS, deployment(2), pods(2), usage=using(), past=[], now=NOW)
    )
    assert scaled(changes) is None
    assert conditions(changes) == {"ScalingActive": "False FailedGetResourceMetric"}
    message = "did not receive metrics for targeted pods (pods might be unready)"
    assert said(changes) == [f"Warning FailedGetResourceMetric {message}"]
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    again = {**it, "status": status}
    changes = play(
        reconcile(again, DEPLOYMENTS, deployment(2), pods(2), usage=using(), past=[], now=NOW)
    )
    assert said(changes) == []


def test_a_pod_without_requests_is_named(play: Play, said: Said) -> None:
    changes = play(
        reconcile(
            autoscaler(),
            DEPLOYMENTS,
            deployment(2),
            pods(1, request=None),
            usage=using(1),
            past=[],
            now=NOW,
        )
    )
    assert said(changes) == [
        "Warning FailedGetResourceMetric missing request for cpu in container app of Pod p0"
    ]


def test_zero_replicas_switch_it_off(play: Play) -> None:
    changes = play(
        reconcile(autoscaler(), DEPLOYMENTS, deployment(0), [], usage=using(), past=[], now=NOW)
    )
    assert scaled(changes) is None
    assert conditions(changes) == {"ScalingActive": "False ScalingDisabled"}


def test_a_missing_target_is_said(play: Play) -> None:
    changes = play(reconcile(autoscaler(), DEPLOYMENTS, None, [], usage=using(), past=[], now=NOW))
    assert conditions(changes) == {"AbleToScale": "False FailedGetScale"}
