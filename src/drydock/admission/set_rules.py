"""What must hold for stateful sets, daemon sets and the revisions of both."""

from typing import Any, Final

from drydock.admission import names
from drydock.admission.invalid import forbidden, invalid, not_supported, required
from drydock.admission.rules import (
    Causes,
    Json,
    count_or_percent,
    immutable,
    not_negative,
    one_of,
    required_name,
)
from drydock.admission.workload_rules import check_selector_and_template
from drydock.resources import Object

_MUTABLE: Final = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
_NOTHING: Final = (0, "0", "0%", None)


def check_stateful_set(stateful_set: Object, before: Object | None) -> Causes:
    spec = stateful_set["spec"]
    policy = spec["podManagementPolicy"]
    if policy not in {"OrderedReady", "Parallel"}:
        why = "must be 'OrderedReady' or 'Parallel'"
        yield invalid("spec.podManagementPolicy", policy, why)
    yield from _check_stateful_update(spec["updateStrategy"], "spec.updateStrategy")
    retention = spec["persistentVolumeClaimRetentionPolicy"]
    for when in ("whenDeleted", "whenScaled"):
        at = f"spec.persistentVolumeClaimRetentionPolicy.{when}"
        yield from one_of(retention.get(when), ("Retain", "Delete"), at)
    yield from not_negative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    yield from not_negative(spec.get("ordinals", {}), "spec.ordinals", "start")
    claims = [each["metadata"] for each in spec.get("volumeClaimTemplates", [])]
    for index, claim in enumerate(claims):
        at = f"spec.volumeClaimTemplates[{index}].metadata"
        yield from required_name(names.dns_label, claim, at)
    named = [{"name": claim["name"]} for claim in claims if claim.get("name")]
    yield from check_selector_and_template(spec, "statefulset", named)
    yield from _check_deadline(spec, "StatefulSet")
    if before is not None and _fixed(spec) != _fixed(before["spec"]):
        *most, last = (f"'{field}'" for field in _MUTABLE)
        fields = f"{', '.join(most)} and {last}"
        why = f"updates to statefulset spec for fields other than {fields} are forbidden"
        yield forbidden("spec", why)


def _fixed(spec: Json) -> dict[str, Any]:
    return {field: value for field, value in spec.items() if field not in _MUTABLE}


def _check_stateful_update(strategy: Json, path: str) -> Causes:
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "OnDelete":
        if rolling is not None:
            why = "only allowed for updateStrategy 'RollingUpdate'"
            yield invalid(f"{path}.rollingUpdate", rolling, why)
    elif strategy["type"] == "RollingUpdate":
        yield from not_negative(rolling or {}, f"{path}.rollingUpdate", "partition")
        yield from count_or_percent(rolling or {}, f"{path}.rollingUpdate", "maxUnavailable")
    else:
        yield invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")


def check_daemon_set(daemon_set: Object, before: Object | None) -> Causes:
    spec = daemon_set["spec"]
    yield from check_selector_and_template(spec, "daemonset")
    yield from _check_deadline(spec, "DaemonSet")
    yield from not_negative(spec, "spec", "minReadySeconds", "revisionHistoryLimit")
    yield from _check_daemon_update(spec["updateStrategy"], "spec.updateStrategy")
    if before is not None:
        yield from immutable(spec, before["spec"], "spec", "selector")


def _check_daemon_update(strategy: Json, path: str) -> Causes:
    if strategy["type"] == "OnDelete":
        return
    if strategy["type"] != "RollingUpdate":
        yield not_supported(f"{path}.type", strategy["type"], ("RollingUpdate", "OnDelete"))
        return
    rolling, at = strategy["rollingUpdate"], f"{path}.rollingUpdate"
    yield from count_or_percent(rolling, at, "maxUnavailable", "maxSurge")
    unavailable = rolling.get("maxUnavailable") not in _NOTHING
    surge = rolling.get("maxSurge") not in _NOTHING
    if unavailable and surge:
        why = "may not be set when maxUnavailable is non-zero"
        yield invalid(f"{at}.maxSurge", rolling["maxSurge"], why)
    if not unavailable and not surge:
        yield required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def _check_deadline(spec: Json, kind: str) -> Causes:
    if spec["template"]["spec"].get("activeDeadlineSeconds") is not None:
        why = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden("spec.template.spec.activeDeadlineSeconds", why)


def check_controller_revision(revision: Object, before: Object | None) -> Causes:
    if revision.get("data") is None:
        yield required("data", "data is mandatory")
    yield from not_negative(revision, "", "revision")
    if before is not None:
        yield from immutable(revision, before, "", "data")
