from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    NameTaken,
    Refused,
    UpdateStatus,
)
from drydock.controllers.cronjob import reconcile
from drydock.cron import parse
from drydock.resources import CRON_JOBS, JOBS, Object

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DUE = "2026-01-02T03:00:00Z"
NAME = "tick-29455380"  # minutes since 1970
Play = Callable[..., list[Change]]
Said = Callable[[list[Change]], list[str]]


def cron_job(status: Object | None = None, **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "tick"}, "annotations": {"a": "b"}},
        "spec": {"template": {"spec": {"containers": []}}},
    }
    return {
        "metadata": {
            "name": "tick",
            "namespace": "dev",
            "uid": "c",
            "creationTimestamp": "2026-01-02T01:30:00Z",
        },
        "spec": {"schedule": "@hourly", "jobTemplate": template, **spec},
        **({"status": status} if status is not None else {}),
    }


def job(name: str, verdict: str = "", started: str = DUE) -> dict[str, Any]:
    listed = [{"type": verdict, "status": "True"}] if verdict else []
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "uid": name,
            "creationTimestamp": started,
            "ownerReferences": [{"kind": "CronJob", "uid": "c", "controller": True}],
        },
        "status": {"conditions": listed, "startTime": started, "completionTime": started},
    }


def active(*names: str) -> dict[str, Any]:
    mentions = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": n, "namespace": "dev", "uid": n}
        for n in names
    ]
    return {"active": mentions, "lastScheduleTime": "2026-01-02T02:00:00Z"}


def status(changes: list[Change]) -> Object:
    return next(each.object["status"] for each in changes if isinstance(each, UpdateStatus))


def test_a_job_is_made_for_the_latest_time_that_was_missed(play: Play, said: Said) -> None:
    wait, create, _, update = changes = play(reconcile(cron_job(), [], NOW))
    assert wait == After((datetime(2026, 1, 2, 4, tzinfo=UTC) - NOW).total_seconds())
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": "tick",
        "uid": "c",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    scheduled = {"batch.kubernetes.io/cronjob-scheduled-timestamp": DUE}
    assert create == Create(
        JOBS,
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": NAME,
                "namespace": "dev",
                "annotations": {"a": "b", **scheduled},
                "ownerReferences": [owner],
                "labels": {"app": "tick"},
            },
            "spec": {"template": {"spec": {"containers": []}}},
        },
    )
    assert said(changes) == [f"Normal SuccessfulCreate Created job {NAME}"]
    mention = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": NAME,
        "namespace": "dev",
        "uid": "uid-2",
    }
    expected = {"lastScheduleTime": DUE, "active": [mention]}
    assert update == UpdateStatus(CRON_JOBS, {**cron_job(), "status": expected})


def test_nothing_is_due_twice(play: Play) -> None:
    (wait,) = play(reconcile(cron_job({"lastScheduleTime": DUE}), [], NOW))
    assert isinstance(wait, After)


@pytest.mark.parametrize(
    "spec", [{"suspend": True}, {"startingDeadlineSeconds": 60}], ids=["suspended", "too late"]
)
def test_no_job_is_made(play: Play, spec: Any) -> None:
    changes = play(reconcile(cron_job(**spec), [], NOW))
    assert not [each for each in changes if isinstance(each, Create)]


@pytest.mark.parametrize(
    ("policy", "made", "deleted"), [("Allow", 1, 0), ("Forbid", 0, 0), ("Replace", 1, 1)]
)
def test_the_policy_decides_when_one_still_runs(
    play: Play, policy: str, made: int, deleted: int
) -> None:
    it = cron_job(active("tick-1"), concurrencyPolicy=policy)
    changes = play(reconcile(it, [job("tick-1")], NOW))
    assert sum(isinstance(each, Create) for each in changes) == made
    assert sum(isinstance(each, Delete) for each in changes) == deleted


def test_the_end_of_a_job_is_seen(play: Play, said: Said) -> None:
    it = cron_job({**active("a", "b"), "lastScheduleTime": DUE})
    changes = play(reconcile(it, [job("a", "Complete")], NOW))
    assert said(changes) == [
        "Normal SawCompletedJob Saw completed job: a, condition: Complete",
        "Normal MissingJob Active job went missing: b",
    ]
    assert status(changes) == {"lastScheduleTime": DUE, "lastSuccessfulTime": DUE}


def test_only_so_many_finished_jobs_are_kept(play: Play) -> None:
    done = [job(f"c{n}", "Complete", f"2026-01-02T0{n}:00:00Z") for n in range(3)]
    failed = [job(f"f{n}", "Failed", f"2026-01-02T0{n}:00:00Z") for n in range(3)]
    it = cron_job({"lastScheduleTime": DUE}, successfulJobsHistoryLimit=2, failedJobsHistoryLimit=0)
    changes = play(reconcile(it, [*failed, *done], NOW))
    gone = [each.object["metadata"]["name"] for each in changes if isinstance(each, Delete)]
    assert gone == ["c0", "f0", "f1", "f2"]


def test_a_refused_job_is_told_and_tried_again(play: Play, said: Said) -> None:
    changes = play(reconcile(cron_job(), [], NOW), refuse=Refused("no"))
    assert said(changes) == ["Warning FailedCreate Error creating job: no"]
    assert changes[-1] == After(10)


def test_a_job_that_is_there_already_was_ours(play: Play) -> None:
    changes = play(reconcile(cron_job(), [], NOW), refuse=NameTaken("there"))
    assert status(changes) == {"lastScheduleTime": DUE}


@pytest.mark.parametrize("schedule", ["* * * * *", "@every 1m", "@hourly", "0 3 * * *"])
def test_a_long_absence_is_looked_over_at_once(schedule: str) -> None:
    since = NOW - timedelta(days=3000)
    found = parse(schedule).latest(since, NOW, UTC)
    assert found is not None
    assert timedelta(0) <= NOW - found <= timedelta(hours=1)
