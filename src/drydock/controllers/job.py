"""Job: pods until enough of them succeeded, or too many failed, or time is up."""

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from drydock import conditions, pods
from drydock.controllers import job_failures, job_indexes
from drydock.controllers.changes import (
    After,
    Change,
    Create,
    Delete,
    Reconcile,
    Record,
    Refused,
    UpdateStatus,
)
from drydock.controllers.job_failures import Failure
from drydock.controllers.ownership import controlled
from drydock.controllers.template import pod_of
from drydock.metadata import deleting
from drydock.resources import JOBS, PODS, Object
from drydock.timestamps import moment, seconds_since, timestamp

FIRST_DELAY = 10.0  # seconds, doubled for each further failure, as Kubernetes does
LONGEST_DELAY = 360.0


def reconcile(job: Object, candidates: Sequence[Object], now: datetime) -> Reconcile:
    if deleting(job):
        return
    finish = _finished_at(job)
    if finish is not None:
        yield from _expire(job, finish, now)
        return
    mine = controlled(job, candidates)
    if job["spec"].get("suspend"):
        yield from _suspend(job, mine, now)
    else:
        yield from _proceed(job, mine, now)


def _proceed(job: Object, mine: Sequence[Object], now: datetime) -> Reconcile:
    before = job.get("status") or {}
    succeeded, failed = _succeeded(job, mine), _failed(mine)
    active = [pod for pod in mine if pods.active(pod)]
    started = before.get("startTime") or timestamp(now)
    failure = _failure(job, mine, failed, started, now)
    done = failure is None and _enough(job, succeeded, active)
    if failure is not None or done:
        for pod in active:
            yield from _remove(job, pod)
        active = []
    else:
        active, wait = yield from _balance(job, mine, active, succeeded, now)
        for seconds in (wait, _until_deadline(job, started, now)):
            if seconds is not None:
                yield After(seconds)
    leaving = _leaving(mine)
    listed = _verdict(job, failure, now, done=done, settled=not leaving and not active)
    status = _status(
        active,
        succeeded,
        len(failed),
        terminating=len(leaving),
        started=started,
        listed=listed,
    )
    if indexes := job_indexes.completed(job, mine):
        status["completedIndexes"] = job_indexes.spelled(indexes)
    if conditions.holds(listed, "Complete"):
        status["completionTime"] = timestamp(now)
    if status != before:
        yield UpdateStatus(JOBS, {**job, "status": status})
        yield from _tell(job, listed)


def _succeeded(job: Object, mine: Sequence[Object]) -> int:
    if job_indexes.indexed(job):
        return len(job_indexes.completed(job, mine))
    return sum(pods.phase(pod) == "Succeeded" for pod in mine)


def _failed(mine: Sequence[Object]) -> list[Object]:
    return [pod for pod in mine if pods.phase(pod) == "Failed"]


def _leaving(mine: Sequence[Object]) -> list[Object]:
    return [pod for pod in mine if deleting(pod) and not pods.finished(pod)]


def _finished_at(job: Object) -> str | None:
    for condition in conditions.of(job):
        if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
            return str(condition["lastTransitionTime"])
    return None


def _expire(job: Object, finish: str, now: datetime) -> Reconcile:
    lifetime = job["spec"].get("ttlSecondsAfterFinished")
    if lifetime is None:
        return
    left = lifetime - seconds_since(finish, now)
    if left > 0:
        yield After(left)
    else:
        yield Delete(JOBS, job)


def _failure(
    job: Object, mine: Sequence[Object], failed: Sequence[Object], started: str, now: datetime
) -> Failure | None:
    target = conditions.find(conditions.of(job), "FailureTarget")
    if target is not None:
        return target["reason"], target["message"]
    fatal = job_failures.fatal(job, failed)
    if fatal is not None:
        return fatal
    limit = job["spec"].get("backoffLimit", 6)
    restarts = 0
    if job["spec"]["template"]["spec"].get("restartPolicy") == "OnFailure":
        restarts = sum(pods.restarts(pod) for pod in mine if not pods.finished(pod))
    counted = len(job_failures.counted(job, failed))
    if counted > limit or (restarts > 0 if limit == 0 else restarts >= limit):
        return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    deadline = job["spec"].get("activeDeadlineSeconds")
    if deadline is not None and seconds_since(started, now) >= deadline:
        return "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _until_deadline(job: Object, started: str, now: datetime) -> float | None:
    deadline = job["spec"].get("activeDeadlineSeconds")
    return None if deadline is None else max(0.0, deadline - seconds_since(started, now))


def _enough(job: Object, succeeded: int, active: Sequence[Object]) -> bool:
    completions = job["spec"].get("completions")
    if completions is None:  # a work queue: one success says the queue is empty
        return succeeded > 0 and not active
    return bool(succeeded >= completions)


def _balance(
    job: Object, mine: Sequence[Object], active: list[Object], succeeded: int, now: datetime
) -> Generator[Change, Object, tuple[list[Object], float | None]]:
    """Returns the active pods, and the seconds to wait before there may be more."""
    spec = job["spec"]
    wanted = spec.get("parallelism", 1)
    if spec.get("completions") is not None:
        wanted = min(wanted, spec["completions"] - succeeded)
    elif succeeded:
        wanted = min(wanted, len(active))
    done = job_indexes.completed(job, mine)
    extra = job_indexes.surplus(job, done, active) if job_indexes.indexed(job) else []
    staying = [pod for pod in active if pod not in extra]
    extra += staying[max(wanted, 0) :]
    for pod in extra:
        yield from _remove(job, pod)
    active = staying[: max(wanted, 0)]
    if spec.get("podReplacementPolicy") == "Failed":  # who leaves still holds its place
        wanted -= len(_leaving(mine)) + len(extra)
    missing = wanted - len(active)
    wait = _delay(_failed(mine), now)
    if missing > 0 and wait > 0:
        return active, wait
    places: Sequence[int | None] = [None] * max(missing, 0)
    if job_indexes.indexed(job):
        places = job_indexes.free(job, done, [*active, *_leaving(mine)])[: max(missing, 0)]
    for place in places:
        created = yield from _create(job, place)
        if created is None:
            return active, FIRST_DELAY
        active = [*active, created]
    return active, None


def _create(job: Object, place: int | None) -> Generator[Change, Object, Object | None]:
    """`place` is the index of an indexed job's pod. None when it was refused."""
    pod = pod_of(job["spec"]["template"], JOBS, job)
    if place is not None:
        pod = job_indexes.placed(pod, job, place)
    try:
        created = yield Create(PODS, pod)
    except Refused as refused:
        yield Record(JOBS, job, "Warning", "FailedCreate", f"Error creating: {refused}")
        return None
    message = f"Created pod: {created['metadata']['name']}"
    yield Record(JOBS, job, "Normal", "SuccessfulCreate", message)
    return created


def _delay(failed: Sequence[Object], now: datetime) -> float:
    """What is left of the back-off after the latest failure, in seconds."""
    if not failed:
        return 0
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (len(failed) - 1))
    return delay - (now - max(map(_failed_at, failed))).total_seconds()


def _failed_at(pod: Object) -> datetime:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    ends = [
        each["state"]["terminated"]["finishedAt"]
        for each in statuses
        if (each.get("state") or {}).get("terminated", {}).get("finishedAt")
    ]
    return max(map(moment, ends or [pod["metadata"]["creationTimestamp"]]))


def _remove(job: Object, pod: Object) -> Reconcile:
    yield Delete(PODS, pod)
    message = f"Deleted pod: {pod['metadata']['name']}"
    yield Record(JOBS, job, "Normal", "SuccessfulDelete", message)


def _suspend(job: Object, mine: Sequence[Object], now: datetime) -> Reconcile:
    for pod in filter(pods.active, mine):
        yield from _remove(job, pod)
    before = job.get("status") or {}
    listed = conditions.put(
        conditions.of(job), "Suspended", ("True", "JobSuspended", "Job suspended"), now
    )
    succeeded, failed = _succeeded(job, mine), len(_failed(mine))
    status = _status([], succeeded, failed, terminating=0, started=None, listed=listed)
    if indexes := job_indexes.completed(job, mine):
        status["completedIndexes"] = job_indexes.spelled(indexes)
    if status != before:
        yield UpdateStatus(JOBS, {**job, "status": status})


def _verdict(
    job: Object, failure: Failure | None, now: datetime, *, done: bool, settled: bool
) -> list[Object]:
    """First the intention, and once no pod of the job is left running, the end itself."""
    listed: list[Object] = list(conditions.of(job))
    if conditions.holds(listed, "Suspended"):
        listed = conditions.put(listed, "Suspended", ("False", "JobResumed", "Job resumed"), now)
    if failure is not None:
        listed = conditions.put(listed, "FailureTarget", ("True", *failure), now)
        return conditions.put(listed, "Failed", ("True", *failure), now) if settled else listed
    if done:
        reached = ("CompletionsReached", "Reached expected number of succeeded pods")
        listed = conditions.put(listed, "SuccessCriteriaMet", ("True", *reached), now)
        return conditions.put(listed, "Complete", ("True", *reached), now) if settled else listed
    return listed


def _status(
    active: Sequence[Object],
    succeeded: int,
    failed: int,
    *,
    terminating: int,
    started: str | None,
    listed: Sequence[Object],
) -> dict[str, Any]:
    counts = {"active": len(active), "succeeded": succeeded, "failed": failed}
    status: dict[str, Any] = {key: value for key, value in counts.items() if value}
    if started is not None:
        status["startTime"] = started
    if listed:
        status["conditions"] = list(listed)
    ready = sum(pods.ready(pod) for pod in active)
    return {**status, "ready": ready, "terminating": terminating, "uncountedTerminatedPods": {}}


def _tell(job: Object, listed: Sequence[Object]) -> Reconcile:
    was = conditions.of(job)
    if conditions.holds(listed, "Complete") and not conditions.holds(was, "Complete"):
        yield Record(JOBS, job, "Normal", "Completed", "Job completed")
    failed = conditions.find(listed, "Failed")
    if failed is not None and conditions.find(was, "Failed") is None:
        yield Record(JOBS, job, "Warning", failed["reason"], failed["message"])
