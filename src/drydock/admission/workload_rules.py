"""What must hold for pods, deployments, replica sets, autoscalers and disruption budgets."""

from collections.abc import Sequence
from typing import Final

from drydock.admission.invalid import FieldCause, forbidden, invalid, not_supported, required
from drydock.admission.pod_rules import check_pod_spec, check_pod_update
from drydock.admission.rules import (
    Causes,
    Json,
    count_or_percent,
    immutable,
    labels,
    not_negative,
    one_of,
    selector,
)
from drydock.resources import Object
from drydock.selectors import matches

_METRICS: Final = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TARGETS: Final = ("Utilization", "Value", "AverageValue")
_SOURCE_FIELDS: Final = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}


def check_pod(pod: Object, before: Object | None) -> Causes:
    yield from check_pod_spec(pod["spec"], "spec")
    if before is not None:
        yield from check_pod_update(pod["spec"], before["spec"], "spec")


def check_deployment(deployment: Object, before: Object | None) -> Causes:
    spec = deployment["spec"]
    yield from not_negative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    yield from check_selector_and_template(spec, "deployment")
    yield from _check_strategy(spec["strategy"], "spec.strategy")
    deadline = spec["progressDeadlineSeconds"]
    if deadline <= spec.get("minReadySeconds", 0):
        yield invalid(
            "spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"
        )
    if before is not None:
        yield from immutable(spec, before["spec"], "spec", "selector")


def check_replica_set(replica_set: Object, before: Object | None) -> Causes:
    spec = replica_set["spec"]
    yield from not_negative(spec, "spec", "replicas", "minReadySeconds")
    yield from check_selector_and_template(spec, "replicaset")
    if before is not None:
        yield from immutable(spec, before["spec"], "spec", "selector")


def check_selector_and_template(spec: Json, kind: str, claimed: Sequence[Json] = ()) -> Causes:
    """`claimed` are volumes that the pods get beside the template's, or in their place."""
    chosen, template = spec.get("selector"), spec["template"]
    template_labels = template.get("metadata", {}).get("labels")
    problems = list(selector(chosen or {}, "spec.selector"))
    yield from problems
    if chosen is None:
        yield required("spec.selector")
        yield mismatch(template_labels)
    elif not chosen:
        yield invalid("spec.selector", {}, f"empty selector is invalid for {kind}")
    elif problems:
        yield invalid("spec.selector", chosen, "invalid label selector")
    elif not matches(chosen, template_labels or {}):
        yield mismatch(template_labels)
    yield from labels(template_labels or {}, "spec.template.labels")
    names = {each["name"] for each in claimed}
    own = [each for each in template["spec"].get("volumes", []) if each.get("name") not in names]
    volumes = [*own, *claimed]
    yield from check_pod_spec({**template["spec"], "volumes": volumes}, "spec.template.spec")
    policy = template["spec"]["restartPolicy"]
    yield from one_of(policy, ("Always",), "spec.template.spec.restartPolicy")


def mismatch(template_labels: Json | None) -> FieldCause:
    why = "`selector` does not match template `labels`"
    return invalid("spec.template.metadata.labels", template_labels, why)


def _check_strategy(strategy: Json, path: str) -> Causes:
    rolling = strategy.get("rollingUpdate", {})
    if strategy["type"] == "Recreate":
        if rolling:
            why = "may not be specified when strategy `type` is 'Recreate'"
            yield forbidden(f"{path}.rollingUpdate", why)
    elif strategy["type"] != "RollingUpdate":
        yield not_supported(path, strategy, ("Recreate", "RollingUpdate"))
    else:
        yield from count_or_percent(rolling, f"{path}.rollingUpdate", "maxSurge", "maxUnavailable")
        if rolling["maxSurge"] in {0, "0%"} and rolling["maxUnavailable"] in {0, "0%"}:
            why = "may not be 0 when `maxSurge` is 0"
            yield invalid(f"{path}.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], why)


def check_autoscaler(autoscaler: Object, _before: Object | None) -> Causes:
    spec = autoscaler["spec"]
    least, most = spec["minReplicas"], spec.get("maxReplicas", 0)
    if least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    if most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target = spec.get("scaleTargetRef", {})
    for field in ("kind", "name"):
        if not target.get(field):
            yield required(f"spec.scaleTargetRef.{field}")
    if not target.get("apiVersion"):
        yield invalid("spec.scaleTargetRef.apiVersion", "", "apiVersion must specify API group")
    for index, metric in enumerate(spec["metrics"]):
        yield from _check_metric(metric, f"spec.metrics[{index}]")


def _check_metric(metric: Json, path: str) -> Causes:
    kind = metric.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
        return
    yield from one_of(kind, _METRICS, f"{path}.type")
    field = _SOURCE_FIELDS.get(kind, "")
    if field and field not in metric:
        why = "must populate information for the given metric source"
        yield required(f"{path}.{field}", why)
    elif kind in {"Resource", "ContainerResource"}:
        source = metric[field]
        if not source.get("name"):
            yield required(f"{path}.{field}.name", "must specify a resource name")
        yield from _check_target(source.get("target", {}), f"{path}.{field}.target")


def _check_target(target: Json, path: str) -> Causes:
    yield from one_of(target.get("type", ""), _TARGETS, f"{path}.type")
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        yield invalid(f"{path}.averageUtilization", utilization, "must be greater than 0")
    if utilization is None and "averageValue" not in target:
        why = "must set either a target raw value or a target utilization"
        yield required(f"{path}.averageUtilization", why)


def check_disruption_budget(budget: Object, _before: Object | None) -> Causes:
    spec = budget.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    yield from count_or_percent(spec, "spec", "minAvailable", "maxUnavailable")
    yield from selector(spec.get("selector", {}), "spec.selector")
