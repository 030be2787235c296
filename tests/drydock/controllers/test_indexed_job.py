"""Jobs whose pods have an index, and jobs that judge their failed pods by rules."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drydock.controllers.changes import Change, Create, Delete, UpdateStatus
from drydock.controllers.job import reconcile
from drydock.controllers.job_indexes import INDEX, spelled
from drydock.resources import Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Play = Callable[..., list[Change]]


def job(**spec: Any) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "app"}]}
    return {
        "metadata": {"name": "sort", "namespace": "dev", "uid": "j"},
        "spec": {
            "parallelism": 2,
            "completions": 3,
            "completionMode": "Indexed",
            "backoffLimit": 1,
            "template": {"spec": pod},
            **spec,
        },
    }


def pod(place: int, phase: str, *, code: int = 1, **status: Any) -> dict[str, Any]:
    terminated = {"finishedAt": "2026-01-02T03:00:00Z", "exitCode": code}
    state = {"terminated": terminated} if phase == "Failed" else {}
    return {
        "metadata": {
            "name": f"sort-{place}-{phase.lower()}",
            "namespace": "dev",
            "uid": f"{place}{phase}",
            "creationTimestamp": "2026-01-02T03:00:00Z",
            "annotations": {INDEX: str(place)},
            "ownerReferences": [{"kind": "Job", "uid": "j", "controller": True}],
        },
        "spec": {"containers": [{"name": "app"}]},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "app", "restartCount": 0, "state": state}],
            **status,
        },
    }


def made(changes: list[Change]) -> list[str]:
    created = (each.object for each in changes if isinstance(each, Create))
    return [each["metadata"]["annotations"][INDEX] for each in created]


def status(changes: list[Change]) -> Object:
    return next(each.object["status"] for each in changes if isinstance(each, UpdateStatus))


def failure(changes: list[Change]) -> str:
    listed = status(changes).get("conditions", ())
    return next((each["message"] for each in listed if each["type"] == "FailureTarget"), "")


def test_the_lowest_free_indexes_are_worked_on_and_each_pod_knows_its_own(play: Play) -> None:
    changes = play(reconcile(job(), [pod(0, "Succeeded")], NOW))
    assert made(changes) == ["1", "2"]
    first = next(each.object for each in changes if isinstance(each, Create))
    assert first["metadata"]["generateName"] == "sort-1-"
    assert first["metadata"]["labels"][INDEX] == "1"
    assert first["spec"]["hostname"] == "sort-1"
    field = {"fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']"}
    assert first["spec"]["containers"] == [
        {"name": "app", "env": [{"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": field}}]}
    ]
    assert status(changes)["completedIndexes"] == "0"


def test_a_failed_index_is_tried_again(play: Play) -> None:
    pods = [pod(0, "Failed"), pod(1, "Running")]
    assert made(play(reconcile(job(), pods, NOW))) == ["0"]


def test_two_pods_of_one_index_are_one_too_many(play: Play) -> None:
    twin = {**pod(1, "Running"), "spec": {"containers": []}}
    changes = play(reconcile(job(), [pod(1, "Running"), twin], NOW))
    assert [each.object for each in changes if isinstance(each, Delete)] == [twin]


def test_it_is_complete_once_every_index_is(play: Play) -> None:
    pods = [pod(n, "Succeeded") for n in (0, 1, 1)]
    assert made(play(reconcile(job(), pods, NOW))) == ["2"]
    done = status(play(reconcile(job(), [*pods, pod(2, "Succeeded")], NOW)))
    assert (done["completedIndexes"], done["succeeded"]) == ("0-2", 3)
    assert [each["type"] for each in done["conditions"]] == ["SuccessCriteriaMet", "Complete"]


@pytest.mark.parametrize(
    ("indexes", "text"), [((), ""), ((3,), "3"), ((4, 0, 2, 1), "0-2,4"), ((0, 1), "0-1")]
)
def test_indexes_are_written_in_runs(indexes: tuple[int, ...], text: str) -> None:
    assert spelled(indexes) == text


def rules(*rules: Object) -> dict[str, Any]:
    return {"podFailurePolicy": {"rules": list(rules)}}


def test_an_exit_code_can_end_the_job_at_once(play: Play) -> None:
    codes = {"operator": "In", "values": [42]}
    it = job(**rules({"action": "FailJob", "onExitCodes": codes}))
    assert failure(play(reconcile(it, [pod(0, "Failed", code=42)], NOW))) == (
        "Container app for pod dev/sort-0-failed failed with exit code 42 "
        "matching FailJob rule at index 0"
    )
    assert failure(play(reconcile(it, [pod(0, "Failed", code=1)], NOW))) == ""


def test_an_ignored_failure_uses_up_no_try(play: Play) -> None:
    disrupted = {"type": "DisruptionTarget", "status": "True"}
    it = job(**rules({"action": "Ignore", "onPodConditions": [disrupted]}), backoffLimit=0)
    assert failure(play(reconcile(it, [pod(0, "Failed", conditions=[disrupted])], NOW))) == ""
    assert failure(play(reconcile(it, [pod(0, "Failed")], NOW))) == (
        "Job has reached the specified backoff limit"
    )


def test_a_job_that_waits_for_the_end_of_its_pods_starts_no_other_before(play: Play) -> None:
    leaving = pod(0, "Running")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:00Z"
    waiting = job(parallelism=1, podReplacementPolicy="Failed")
    assert made(play(reconcile(waiting, [leaving], NOW))) == []
    assert made(play(reconcile(job(parallelism=1), [leaving], NOW))) == ["1"]
