"""What `kubectl get` shows of workloads and of what watches over them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drydock import conditions, resources
from drydock.api.ages import between, since
from drydock.api.columns import (
    Cells,
    Printer,
    age,
    columns,
    container_cells,
    dig,
    label_text,
    selector_text,
)
from drydock.api.pod_columns import summary
from drydock.metadata import controller, deleting
from drydock.resources import Object, Resource


def _pod(pod: Object, now: datetime) -> Cells:
    shown = summary(pod, now)
    gates = pod["spec"].get("readinessGates", ())
    met = sum(conditions.holds(conditions.of(pod), gate["conditionType"]) for gate in gates)
    return [
        pod["metadata"]["name"],
        shown.ready,
        shown.status,
        shown.restarts,
        age(pod, now),
        dig(pod, "status", "podIP") or "<none>",
        dig(pod, "spec", "nodeName") or "<none>",
        dig(pod, "status", "nominatedNodeName") or "<none>",
        f"{met}/{len(gates)}" if gates else "<none>",
    ]


def _deployment(obj: Object, now: datetime) -> Cells:
    status = obj.get("status", {})
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(obj, now),
        *container_cells(obj["spec"]["template"]["spec"]),
        selector_text(obj["spec"].get("selector", {})),
    ]


def _replica_set(obj: Object, now: datetime) -> Cells:
    status = obj.get("status", {})
    return [
        obj["metadata"]["name"],
        obj["spec"].get("replicas", 1),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(obj, now),
        *container_cells(obj["spec"]["template"]["spec"]),
        selector_text(obj["spec"].get("selector", {})),
    ]


def _stateful_set(obj: Object, now: datetime) -> Cells:
    ready = dig(obj, "status", "readyReplicas", default=0)
    return [
        obj["metadata"]["name"],
        f"{ready}/{obj['spec'].get('replicas', 1)}",
        age(obj, now),
        *container_cells(obj["spec"]["template"]["spec"]),
    ]


def _daemon_set(obj: Object, now: datetime) -> Cells:
    status = obj.get("status", {})
    return [
        obj["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        label_text(dig(obj, "spec", "template", "spec", "nodeSelector", default={})),
        age(obj, now),
        *container_cells(obj["spec"]["template"]["spec"]),
        selector_text(obj["spec"].get("selector", {})),
    ]


def _controller_revision(revision: Object, now: datetime) -> Cells:
    boss = controller(revision)
    owner = "<none>"
    if boss is not None:
        group = boss["apiVersion"].rpartition("/")[0]
        owner = f"{boss['kind'].lower()}{f'.{group}' if group else ''}/{boss['name']}"
    return [revision["metadata"]["name"], owner, revision.get("revision", 0), age(revision, now)]


def _cron_job(cron_job: Object, now: datetime) -> Cells:
    spec = cron_job["spec"]
    last = dig(cron_job, "status", "lastScheduleTime")
    job = spec["jobTemplate"]["spec"]
    return [
        cron_job["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone", "<none>"),
        str(spec.get("suspend", "<unset>")),
        len(dig(cron_job, "status", "active", default=())),
        since(last, now) if last else "<none>",
        age(cron_job, now),
        *container_cells(job["template"]["spec"]),
        selector_text(job.get("selector", {})),
    ]


def _job(job: Object, now: datetime) -> Cells:
    spec, status = job["spec"], job.get("status", {})
    completions = spec.get("completions")
    parallelism = spec.get("parallelism", 1)
    of = completions or (f"1 of {parallelism}" if parallelism > 1 else 1)
    start, end = status.get("startTime"), status.get("completionTime")
    duration = between(start, end) if start and end else since(start, now) if start else ""
    return [
        job["metadata"]["name"],
        _job_status(job),
        f"{status.get('succeeded', 0)}/{of}",
        duration,
        age(job, now),
        *container_cells(spec["template"]["spec"]),
        selector_text(spec.get("selector", {})),
    ]


def _job_status(job: Object) -> str:
    listed = conditions.of(job)
    for ended in ("Complete", "Failed"):
        if conditions.holds(listed, ended):
            return ended
    if deleting(job):
        return "Terminating"
    for state in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if conditions.holds(listed, state):
            return state
    return "Running"


def _autoscaler(autoscaler: Object, now: datetime) -> Cells:
    spec, target = autoscaler["spec"], autoscaler["spec"]["scaleTargetRef"]
    return [
        autoscaler["metadata"]["name"],
        f"{target['kind']}/{target['name']}",
        _targets(autoscaler),
        str(spec.get("minReplicas", "<unset>")),
        spec["maxReplicas"],
        dig(autoscaler, "status", "currentReplicas", default=0),
        age(autoscaler, now),
    ]


def _targets(autoscaler: Object) -> str:
    wanted = autoscaler["spec"].get("metrics", ())
    measured = dig(autoscaler, "status", "currentMetrics", default=())
    shown = [
        _target(metric, measured[place] if place < len(measured) else {})
        for place, metric in enumerate(wanted)
    ]
    more = f" + {len(shown) - 2} more..." if len(shown) > 2 else ""
    return ", ".join(shown[:2]) + more if shown else "<none>"


def _target(metric: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    source = metric["type"][0].lower() + metric["type"][1:]
    target = dig(metric, source, "target", default={})
    current = dig(measured, source, "current", default={})
    name = dig(metric, source, "name")
    prefix = f"{name}: " if name else ""
    if "averageUtilization" in target:
        now = current.get("averageUtilization")
        return (
            f"{prefix}{'<unknown>' if now is None else f'{now}%'}/{target['averageUtilization']}%"
        )
    kind = "averageValue" if "averageValue" in target else "value"
    average = " (avg)" if kind == "averageValue" and source in {"external", "object"} else ""
    return f"{prefix}{current.get(kind, '<unknown>')}/{target.get(kind, '<unknown>')}{average}"


def _disruption_budget(budget: Object, now: datetime) -> Cells:
    return [
        budget["metadata"]["name"],
        str(budget["spec"].get("minAvailable", "N/A")),
        str(budget["spec"].get("maxUnavailable", "N/A")),
        dig(budget, "status", "disruptionsAllowed", default=0),
        age(budget, now),
    ]


_WORKLOAD = "Containers,Images,Selector"

PRINTERS: Mapping[Resource, Printer] = {
    resources.PODS: Printer(
        columns("Name,Ready,Status,Restarts,Age", "IP,Node,Nominated Node,Readiness Gates"), _pod
    ),
    resources.DEPLOYMENTS: Printer(
        columns("Name,Ready,Up-to-date#,Available#,Age", _WORKLOAD), _deployment
    ),
    resources.REPLICA_SETS: Printer(
        columns("Name,Desired#,Current#,Ready#,Age", _WORKLOAD), _replica_set
    ),
    resources.STATEFUL_SETS: Printer(columns("Name,Ready,Age", "Containers,Images"), _stateful_set),
    resources.DAEMON_SETS: Printer(
        columns(
            "Name,Desired#,Current#,Ready#,Up-to-date#,Available#,Node Selector,Age", _WORKLOAD
        ),
        _daemon_set,
    ),
    resources.CONTROLLER_REVISIONS: Printer(
        columns("Name,Controller,Revision#,Age"), _controller_revision
    ),
    resources.CRON_JOBS: Printer(
        columns("Name,Schedule,Timezone,Suspend,Active#,Last Schedule,Age", _WORKLOAD), _cron_job
    ),
    resources.JOBS: Printer(columns("Name,Status,Completions,Duration,Age", _WORKLOAD), _job),
    resources.HORIZONTAL_POD_AUTOSCALERS: Printer(
        columns("Name,Reference,Targets,MinPods,MaxPods#,Replicas#,Age"), _autoscaler
    ),
    resources.POD_DISRUPTION_BUDGETS: Printer(
        columns("Name,Min Available,Max Unavailable,Allowed Disruptions#,Age"), _disruption_budget
    ),
}
