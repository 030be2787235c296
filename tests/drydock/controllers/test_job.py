from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from drydock.controllers.changes import After, Change, Create, Delete, Record, UpdateStatus
from drydock.controllers.job import reconcile
from drydock.resources import JOBS, PODS, Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
STARTED = "2026-01-02T03:04:00Z"
Play = Callable[..., list[Change]]
Said = Callable[[list[Change]], list[str]]


def job(status: Object | None = None, *, restart: str = "Never", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "migrate", "namespace": "dev", "uid": "j"},
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 1,
            "template": {"metadata": {}, "spec": {"restartPolicy": restart, "containers": []}},
            **spec,
        },
        **({"status": status} if status is not None else {}),
    }


def pod(name: str, phase: str, *, ended: str | None = None, restarts: int = 0) -> dict[str, Any]:
    state = {"terminated": {"finishedAt": ended}} if ended else {"running": {}}
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "uid": name,
            "creationTimestamp": STARTED,
            "ownerReferences": [{"kind": "Job", "uid": "j", "controller": True}],
        },
        "spec": {},
        "status": {
            "phase": phase,
            "containerStatuses": [{"state": state, "restartCount": restarts}],
        },
    }


def condition(kind: str, reason: str, message: str) -> Object:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": STAMP,
    }


def status_of(changes: list[Change]) -> Object:
    (status,) = (each.object["status"] for each in changes if isinstance(each, UpdateStatus))
    return dict(status)


REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")
LIMIT = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
REST = {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}


def test_a_new_job_starts_its_pod(play: Play) -> None:
    labels = {"app": "migrate", "job-name": "migrate"}
    it = job(template={"metadata": {"labels": labels}, "spec": {"containers": []}})
    create, event, status = play(reconcile(it, [], NOW))
    assert isinstance(create, Create)
    assert create.object["metadata"]["generateName"] == "migrate-"
    assert create.object["metadata"]["labels"] == labels
    message = "Created pod: migrate-1"
    assert event == Record(JOBS, it, "Normal", "SuccessfulCreate", message)
    expected = {"active": 1, "startTime": STAMP, **REST}
    assert status == UpdateStatus(JOBS, {**it, "status": expected})


def test_a_success_completes_it(play: Play, said: Said) -> None:
    it = job({"active": 1, "startTime": STARTED, **REST})
    changes = play(reconcile(it, [pod("a", "Succeeded")], NOW))
    assert status_of(changes) == {
        "succeeded": 1,
        "startTime": STARTED,
        "completionTime": STAMP,
        "conditions": [condition("SuccessCriteriaMet", *REACHED), condition("Complete", *REACHED)],
        **REST,
    }
    assert said(changes) == ["Normal Completed Job completed"]


def test_a_failure_is_tried_again_after_the_back_off(play: Play, said: Said) -> None:
    failed = pod("a", "Failed", ended="2026-01-02T03:04:01Z")
    changes = play(reconcile(job({"startTime": STARTED}), [failed], NOW))
    assert changes[0] == After(6)
    assert status_of(changes) == {"failed": 1, "startTime": STARTED, **REST}
    failed = pod("a", "Failed", ended="2026-01-02T03:03:55Z")
    changes = play(reconcile(job({"startTime": STARTED}), [failed], NOW))
    assert said(changes) == ["Normal SuccessfulCreate Created pod: migrate-1"]


def test_too_many_failures_fail_it(play: Play, said: Said) -> None:
    pods = [pod("a", "Failed", ended=STARTED), pod("b", "Failed", ended=STARTED)]
    changes = play(reconcile(job({"startTime": STARTED}), pods, NOW))
    assert status_of(changes) == {
        "failed": 2,
        "startTime": STARTED,
        "conditions": [condition("FailureTarget", *LIMIT), condition("Failed", *LIMIT)],
        **REST,
    }
    assert said(changes) == [f"Warning {LIMIT[0]} {LIMIT[1]}"]


def test_restarts_in_place_count_as_failures(play: Play, said: Said) -> None:
    it = job({"startTime": STARTED}, restart="OnFailure", backoffLimit=2)
    assert said(play(reconcile(it, [pod("a", "Running", restarts=1)], NOW))) == []
    running = pod("a", "Running", restarts=2)
    changes = play(reconcile(it, [running], NOW))
    assert changes[0] == Delete(PODS, running)
    assert said(changes) == [
        "Normal SuccessfulDelete Deleted pod: a",
        f"Warning {LIMIT[0]} {LIMIT[1]}",
    ]


def test_the_end_waits_for_pods_that_are_still_leaving(play: Play) -> None:
    leaving = pod("a", "Running")
    leaving["metadata"]["deletionTimestamp"] = STAMP
    it = job({"startTime": STARTED, "conditions": [condition("FailureTarget", *LIMIT)]})
    changes = play(reconcile(it, [leaving], NOW))
    assert status_of(changes) == {
        "startTime": STARTED,
        "conditions": [condition("FailureTarget", *LIMIT)],
        **REST,
        "terminating": 1,
    }


def test_time_is_up_at_the_deadline(play: Play, said: Said) -> None:
    it = job({"startTime": STARTED}, activeDeadlineSeconds=8)
    running = pod("a", "Running")
    assert play(reconcile(it, [running], NOW))[0] == After(3)
    it = job({"startTime": STARTED}, activeDeadlineSeconds=5)
    changes = play(reconcile(it, [running], NOW))
    assert changes[0] == Delete(PODS, running)
    assert said(changes)[-1] == (
        "Warning DeadlineExceeded Job was active longer than specified deadline"
    )


def test_completions_run_as_parallel_as_allowed(play: Play, said: Said) -> None:
    it = job({"startTime": STARTED}, completions=5, parallelism=2)
    assert len(said(play(reconcile(it, [], NOW)))) == 2
    done = [pod(name, "Succeeded") for name in "abcd"]
    assert len(said(play(reconcile(it, done, NOW)))) == 1


def test_a_suspended_job_stops_its_pods(play: Play) -> None:
    running = pod("a", "Running")
    changes = play(reconcile(job({"startTime": STARTED}, suspend=True), [running], NOW))
    assert changes[0] == Delete(PODS, running)
    suspended = condition("Suspended", "JobSuspended", "Job suspended")
    assert status_of(changes) == {"conditions": [suspended], **REST}


def test_a_finished_job_leaves_after_its_time_to_live(play: Play) -> None:
    done = {"conditions": [condition("Complete", *REACHED)]}
    assert play(reconcile(job(done), [], NOW)) == []
    assert play(reconcile(job(done, ttlSecondsAfterFinished=9), [], NOW)) == [After(9)]
    it = job(done, ttlSecondsAfterFinished=0)
    assert play(reconcile(it, [], NOW)) == [Delete(JOBS, it)]
