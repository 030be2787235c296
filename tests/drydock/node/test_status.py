from dataclasses import replace
from typing import Any

import pytest

from drydock.node.status import (
    Container,
    Facts,
    Running,
    Terminated,
    Waiting,
    container_status,
    pod_phase,
    pod_status,
    qos_class,
    recall,
)

THEN, NOW = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
WAITING = Container("app", "web:1", Waiting("ContainerCreating"))
RUNNING = replace(WAITING, state=Running(THEN), started=True)
READY = replace(RUNNING, ready=True)
DONE = replace(WAITING, state=Terminated(0, "Completed", THEN, NOW))
FAILED = replace(WAITING, state=Terminated(1, "Error", THEN, NOW))
CRASHING = Container(
    "app", "web:1", Waiting("CrashLoopBackOff"), last_state=Terminated(1, "Error", THEN, NOW)
)
INIT = Container("init", "web:1", Running(THEN))
INITIALISED = replace(INIT, state=Terminated(0, "Completed", THEN, NOW))
INIT_FAILED = replace(INIT, state=Terminated(1, "Error", THEN, NOW))
SIDECAR = Container("proxy", "web:1", Running(THEN), sidecar=True)
POD: dict[str, Any] = {"spec": {"containers": [{"name": "app"}]}}


def facts(*main: Container, init: tuple[Container, ...] = ()) -> Facts:
    return Facts("127.77.0.1", THEN, init, main, surrounded=True)


@pytest.mark.parametrize(
    ("policy", "known", "phase"),
    [
        ("Always", facts(WAITING), "Pending"),
        ("Always", facts(RUNNING), "Running"),
        ("Always", facts(RUNNING, WAITING), "Running"),
        ("Always", facts(CRASHING), "Running"),
        ("Always", facts(DONE), "Running"),
        ("Never", facts(DONE), "Succeeded"),
        ("Never", facts(DONE, FAILED), "Failed"),
        ("Never", facts(DONE, RUNNING), "Running"),
        ("OnFailure", facts(DONE), "Succeeded"),
        ("OnFailure", facts(FAILED), "Running"),
        ("OnFailure", facts(CRASHING), "Running"),
        ("Always", facts(WAITING, init=(INIT,)), "Pending"),
        ("Always", facts(WAITING, init=(INITIALISED,)), "Pending"),
        ("Always", facts(WAITING, init=(INIT_FAILED,)), "Pending"),
        ("Never", facts(WAITING, init=(INIT_FAILED,)), "Failed"),
        ("Never", facts(DONE, init=(replace(SIDECAR, state=FAILED.state),)), "Succeeded"),
    ],
)
def test_the_phase_is_the_kubelets(policy: str, known: Facts, phase: str) -> None:
    assert pod_phase(policy, known) == phase


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c.get("reason", "")) for c in status["conditions"]}


def test_conditions_follow_the_containers() -> None:
    waiting = pod_status(POD, facts(WAITING, init=(INIT,)), NOW)
    assert conditions(waiting) == {
        "PodReadyToStartContainers": ("True", ""),
        "Initialized": ("False", "ContainersNotInitialized"),
        "Ready": ("False", "ContainersNotReady"),
        "ContainersReady": ("False", "ContainersNotReady"),
        "PodScheduled": ("True", ""),
    }
    assert waiting["conditions"][1]["message"] == "containers with incomplete status: [init]"
    ready = pod_status(POD, facts(READY, init=(INITIALISED,)), NOW)
    assert {status for status, _ in conditions(ready).values()} == {"True"}


def test_a_pod_without_its_network_and_volumes_cannot_start_containers() -> None:
    bare = replace(facts(WAITING), surrounded=False)
    assert pod_status(POD, bare, NOW)["conditions"][0] == {
        "type": "PodReadyToStartContainers",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": NOW,
    }


def test_a_completed_pod_is_unready_because_it_completed() -> None:
    never = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
    assert conditions(pod_status(never, facts(DONE), NOW))["Ready"] == ("False", "PodCompleted")
    assert conditions(pod_status(never, facts(FAILED), NOW))["Ready"] == ("False", "PodFailed")


def test_a_time_of_transition_stands_while_the_condition_does() -> None:
    first = pod_status(POD, facts(RUNNING), THEN)
    second = pod_status({**POD, "status": first}, facts(READY), NOW)
    times = [c["lastTransitionTime"] for c in second["conditions"]]
    assert times == [THEN, THEN, NOW, NOW, THEN]


def test_readiness_gates_and_foreign_conditions_are_kept() -> None:
    gate = "target-health.elbv2.k8s.aws/web"
    pod = {"spec": {**POD["spec"], "readinessGates": [{"conditionType": gate}]}}
    closed = pod_status(pod, facts(READY), NOW)
    assert conditions(closed)["Ready"] == ("False", "ReadinessGatesNotReady")
    healthy = {"type": gate, "status": "True"}
    opened = pod_status({**pod, "status": {"conditions": [healthy]}}, facts(READY), NOW)
    assert conditions(opened)["Ready"] == ("True", "")
    assert opened["conditions"][-1] == healthy


def test_a_crashing_container_shows_its_wait_and_its_end() -> None:
    status = container_status(replace(CRASHING, restart_count=2))
    assert status == {
        "name": "app",
        "image": "web:1",
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": 2,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {
            "terminated": {"exitCode": 1, "reason": "Error", "startedAt": THEN, "finishedAt": NOW}
        },
    }


def test_what_ran_when_the_node_went_away_has_ended_unseen() -> None:
    status = pod_status(POD, facts(READY, init=(INITIALISED,)), THEN)
    inits, (app,) = recall(status, NOW)
    assert inits == [INITIALISED]
    assert isinstance(app.state, Terminated)
    assert (app.state.exit_code, app.state.reason) == (137, "ContainerStatusUnknown")


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        (
            {
                "limits": {"cpu": "1", "memory": "1Gi"},
                "requests": {"cpu": "500m", "memory": "1Gi"},
            },
            "Burstable",
        ),
    ],
)
def test_the_quality_of_service_is_read_off_the_resources(
    resources: dict[str, Any], quality: str
) -> None:
    assert qos_class({"containers": [{"resources": resources}]}) == quality
