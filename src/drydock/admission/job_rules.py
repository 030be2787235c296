"""What must hold for jobs and cron jobs."""

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drydock import cron
from drydock.admission.invalid import invalid, required
from drydock.admission.pod_rules import check_pod_spec
from drydock.admission.rules import (
    Causes,
    Json,
    immutable,
    labels,
    not_negative,
    one_of,
    selector,
)
from drydock.admission.workload_rules import mismatch
from drydock.resources import Object
from drydock.selectors import matches

_POLICIES: Final = ("Allow", "Forbid", "Replace")
_ACTIONS: Final = ("Count", "FailIndex", "FailJob", "Ignore")


def check_job(job: Object, before: Object | None) -> Causes:
    spec, template = job["spec"], job["spec"]["template"]
    chosen, template_labels = spec.get("selector"), template.get("metadata", {}).get("labels")
    problems = list(selector(chosen or {}, "spec.selector"))
    yield from _check_spec(spec, "spec")
    yield from problems
    if chosen and not problems and not matches(chosen, template_labels or {}):
        yield mismatch(template_labels)
    if before is not None:
        stays = ("completions", "selector", "template", "completionMode", "podFailurePolicy")
        yield from immutable(spec, before["spec"], "spec", *stays)


def _check_spec(spec: Json, path: str) -> Causes:
    template = spec["template"]
    yield from not_negative(
        spec,
        path,
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    )
    mode = spec.get("completionMode", "NonIndexed")
    yield from one_of(mode, ("NonIndexed", "Indexed"), f"{path}.completionMode")
    if mode == "Indexed" and spec.get("completions") is None:
        yield required(f"{path}.completions", "when completion mode is Indexed")
    yield from labels(template.get("metadata", {}).get("labels", {}), f"{path}.template.labels")
    yield from check_pod_spec(template["spec"], f"{path}.template.spec")
    policy = template["spec"]["restartPolicy"]
    if policy not in {"OnFailure", "Never"}:
        why = 'valid values: "OnFailure", "Never"'
        yield required(f"{path}.template.spec.restartPolicy", why)
    if "podFailurePolicy" in spec:
        if policy != "Never":
            why = 'only "Never" is supported when podFailurePolicy is specified'
            yield invalid(f"{path}.template.spec.restartPolicy", policy, why)
        rules = spec["podFailurePolicy"].get("rules", [])
        yield from _check_failure_rules(rules, f"{path}.podFailurePolicy.rules")


def _check_failure_rules(rules: Iterable[Json], path: str) -> Causes:
    for index, rule in enumerate(rules):
        at = f"{path}[{index}]"
        if not rule.get("action"):
            yield required(
                f"{at}.action", 'valid values: "Count", "FailIndex", "FailJob", "Ignore"'
            )
        else:
            yield from one_of(rule["action"], _ACTIONS, f"{at}.action")
        codes = rule.get("onExitCodes")
        if codes is None and not rule.get("onPodConditions"):
            why = "specifying one of OnExitCodes and OnPodConditions is required"
            yield invalid(at, rule, why)
        if codes is not None:
            yield from one_of(codes.get("operator"), ("In", "NotIn"), f"{at}.onExitCodes.operator")
            if not codes.get("values"):
                yield invalid(f"{at}.onExitCodes.values", [], "at least one value is required")


def check_cron_job(cron_job: Object, _before: Object | None) -> Causes:
    spec = cron_job["spec"]
    if len(cron_job["metadata"].get("name", "")) > 52:
        name = cron_job["metadata"]["name"]
        yield invalid("metadata.name", name, "must be no more than 52 characters")
    yield from _check_schedule(spec.get("schedule", ""), "spec.schedule")
    if "timeZone" in spec:
        yield from _check_time_zone(spec["timeZone"], "spec.timeZone")
    yield from one_of(spec["concurrencyPolicy"], _POLICIES, "spec.concurrencyPolicy")
    counts = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from not_negative(spec, "spec", *counts)
    yield from _check_spec(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")


def _check_schedule(schedule: str, path: str) -> Causes:
    if not schedule:
        yield required(path)
    elif "TZ" in schedule:
        why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield invalid(path, schedule, why)
    else:
        try:
            cron.parse(schedule)
        except cron.BadSchedule as bad:
            yield invalid(path, schedule, str(bad))


def _check_time_zone(name: str, path: str) -> Causes:
    if not name:
        yield invalid(path, name, "timeZone must be nil or non-empty string")
    elif name.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield invalid(path, name, why)
    else:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield invalid(path, name, f"unknown time zone {name}")
