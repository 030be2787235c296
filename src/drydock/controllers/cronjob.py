"""CronJob: a Job each time its schedule says so, as far as its policy allows."""

from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from drydock import conditions, cron
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    NameTaken,
    Reconcile,
    Record,
    Refused,
    UpdateStatus,
)
from drydock.controllers.ownership import controlled
from drydock.metadata import annotations, deleting, labels, reference
from drydock.resources import CRON_JOBS, JOBS, Object
from drydock.timestamps import moment, timestamp

SCHEDULED_AT: Final = "batch.kubernetes.io/cronjob-scheduled-timestamp"
RETRY = 10.0  # seconds after a refused job

_Active = Generator[Change, Object, list[Object]]
"""Ends with the jobs of the schedule that are under way."""


def reconcile(cron_job: Object, namespace_jobs: Sequence[Object], now: datetime) -> Reconcile:
    if deleting(cron_job):
        return
    jobs = controlled(cron_job, namespace_jobs)
    before = cron_job.get("status") or {}
    status = {key: value for key, value in before.items() if key != "active"}
    active = yield from _watch(cron_job, jobs, status)
    yield from _tidy(cron_job, jobs)
    if not cron_job["spec"].get("suspend"):
        active = yield from _schedule(cron_job, active, status, now)
    if active:
        status["active"] = [_mention(job) for job in active]
    if status != before:
        yield UpdateStatus(CRON_JOBS, {**cron_job, "status": status})


def _watch(cron_job: Object, jobs: Sequence[Object], status: dict[str, Any]) -> _Active:
    """What became of the jobs that were under way; `status` gets the time of the latest success."""
    known = {each["uid"]: each for each in (cron_job.get("status") or {}).get("active") or ()}
    active = []
    for job in jobs:
        mentioned = known.pop(job["metadata"]["uid"], None) is not None
        name, verdict = job["metadata"]["name"], _verdict(job)
        if mentioned and verdict:
            message = f"Saw completed job: {name}, condition: {verdict}"
            yield Record(CRON_JOBS, cron_job, "Normal", "SawCompletedJob", message)
            done = (job.get("status") or {}).get("completionTime", "")
            if done > status.get("lastSuccessfulTime", ""):
                status["lastSuccessfulTime"] = done
        elif mentioned:
            active.append(job)
        elif not verdict:
            message = f"Saw a job that the controller did not create or forgot: {name}"
            yield Record(CRON_JOBS, cron_job, "Warning", "UnexpectedJob", message)
    for each in known.values():
        message = f"Active job went missing: {each['name']}"
        yield Record(CRON_JOBS, cron_job, "Normal", "MissingJob", message)
    return active


def _verdict(job: Object) -> str:
    """Complete, Failed, or empty while it is under way."""
    ends = ("Complete", "Failed")
    return next((end for end in ends if conditions.holds(conditions.of(job), end)), "")


def _tidy(cron_job: Object, jobs: Sequence[Object]) -> Reconcile:
    limits = (
        ("Complete", "successfulJobsHistoryLimit", 3),
        ("Failed", "failedJobsHistoryLimit", 1),
    )
    for verdict, field, default in limits:
        ended = sorted(
            (job for job in jobs if _verdict(job) == verdict and not deleting(job)), key=_started
        )
        surplus = len(ended) - cron_job["spec"].get(field, default)
        for job in ended[: max(0, surplus)]:
            yield from _delete(cron_job, job)


def _started(job: Object) -> tuple[str, str]:
    metadata = job["metadata"]
    started = (job.get("status") or {}).get("startTime") or metadata["creationTimestamp"]
    return started, metadata["name"]


def _schedule(
    cron_job: Object, active: list[Object], status: dict[str, Any], now: datetime
) -> _Active:
    """Start the job that is due, if one is; `status` gets the time of it."""
    spec = cron_job["spec"]
    schedule, zone = cron.parse(spec["schedule"]), ZoneInfo(spec.get("timeZone", "UTC"))
    upcoming = schedule.after(now, zone)
    if upcoming is not None:
        yield After((upcoming - now).total_seconds())
    since = moment(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
    deadline = spec.get("startingDeadlineSeconds")
    if deadline is not None:
        since = max(since, now - timedelta(seconds=deadline))
    due = schedule.latest(since, now, zone)
    if due is None:
        return active
    policy = spec.get("concurrencyPolicy", "Allow")
    if active and policy == "Forbid":
        message = (
            "Not starting job because prior execution is running and concurrency policy is Forbid"
        )
        yield Record(CRON_JOBS, cron_job, "Normal", "JobAlreadyActive", message)
        return active
    if policy == "Replace":
        for job in active:
            yield from _delete(cron_job, job)
        active = []
    try:
        job = yield Create(JOBS, _job(cron_job, due, zone))
    except NameTaken:  # it was made for this very minute, before what it says was written down
        pass
    except Refused as refused:
        message = f"Error creating job: {refused}"
        yield Record(CRON_JOBS, cron_job, "Warning", "FailedCreate", message)
        yield After(RETRY)
        return active
    else:
        active = [*active, job]
        message = f"Created job {job['metadata']['name']}"
        yield Record(CRON_JOBS, cron_job, "Normal", "SuccessfulCreate", message)
    status["lastScheduleTime"] = timestamp(due)
    return active


def _job(cron_job: Object, due: datetime, zone: ZoneInfo) -> Object:
    template, metadata = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    stamp = due.astimezone(zone).isoformat().replace("+00:00", "Z")
    made: dict[str, Any] = {
        "name": f"{metadata['name']}-{int(due.astimezone(UTC).timestamp()) // 60}",
        "namespace": metadata["namespace"],
        "annotations": {**annotations({"metadata": {}, **template}), SCHEDULED_AT: stamp},
        "ownerReferences": [reference(CRON_JOBS, cron_job)],
    }
    if found := labels({"metadata": {}, **template}):
        made["labels"] = found
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": made, "spec": template["spec"]}


def _delete(cron_job: Object, job: Object) -> Reconcile:
    yield Delete(JOBS, job)
    message = f"Deleted job {job['metadata']['name']}"
    yield Record(CRON_JOBS, cron_job, "Normal", "SuccessfulDelete", message)


def _mention(job: Object) -> Object:
    metadata = job["metadata"]
    mention = {"apiVersion": "batch/v1", "kind": "Job"}
    mention |= {key: metadata[key] for key in ("name", "namespace", "uid")}
    if metadata.get("resourceVersion"):
        mention["resourceVersion"] = metadata["resourceVersion"]
    return mention
