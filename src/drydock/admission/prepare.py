"""What the API server gives an object beyond defaults: a first status, addresses for services, a selector for jobs."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from drydock.admission.addresses import cluster_ip
from drydock.admission.invalid import Invalid, invalid
from drydock.admission.pod_defaults import Json
from drydock.resources import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    INGRESSES,
    JOBS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SERVICES,
    STATEFUL_SETS,
    Object,
    Resource,
)

# As Go spells a status in which nothing is set yet: whatever of it has no `omitempty`.
_FIRST_STATUS: Final[Mapping[Resource, Mapping[str, Any]]] = {
    PODS: {"phase": "Pending"},
    SERVICES: {"loadBalancer": {}},
    INGRESSES: {"loadBalancer": {}},
    DEPLOYMENTS: {},
    REPLICA_SETS: {"replicas": 0},
    STATEFUL_SETS: {"replicas": 0, "availableReplicas": 0},
    DAEMON_SETS: {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    JOBS: {},
    CRON_JOBS: {},
    POD_DISRUPTION_BUDGETS: {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    RESOURCE_QUOTAS: {},
}
_KEPT_BY_THE_SERVICE: Final = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def prepare(
    resource: Resource, obj: Json, before: Object | None, *, taken_ips: Collection[str]
) -> None:
    if resource == SERVICES:
        _service(obj, before, taken_ips)
    elif resource == JOBS and before is None:
        _job(obj)
    if resource in _FIRST_STATUS and before is None:
        obj["status"] = dict(_FIRST_STATUS[resource]) | (obj.get("status") or {})


def _service(service: Json, before: Object | None, taken_ips: Collection[str]) -> None:
    """A service keeps its addresses as long as it has a cluster address at all."""
    spec, metadata = service["spec"], service["metadata"]
    if spec["type"] == "ExternalName":
        return
    if before is not None and before["spec"].get("type") != "ExternalName":
        for field in _KEPT_BY_THE_SERVICE:
            if field in before["spec"]:
                spec.setdefault(field, before["spec"][field])
    asked, kept = spec.get("clusterIP"), (before or {}).get("spec", {}).get("clusterIP")
    if asked != kept and asked in set(taken_ips) - {"", "None"}:
        why = f"failed to allocate IP {asked}: provided IP is already allocated"
        raise Invalid((invalid("spec.clusterIPs", [asked], why),))
    if not asked:
        spec["clusterIP"] = (spec.get("clusterIPs") or [None])[0] or cluster_ip(
            metadata.get("namespace", ""), metadata.get("name", ""), taken_ips
        )
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _job(job: Json) -> None:
    """Without a uid (the caller's to give, before this) a job cannot have a selector of its own."""
    metadata, spec = job["metadata"], job["spec"]
    if spec.get("manualSelector") or not metadata.get("uid") or not metadata.get("name"):
        return
    uid, name = metadata["uid"], metadata["name"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec["template"].setdefault("metadata", {})
    if not metadata.get("labels"):  # as the API server reads a job from its store
        metadata["labels"] = dict(template.get("labels") or labels)
    template["labels"] = {**template.get("labels", {}), **labels}
    matched = spec.setdefault("selector", {}).setdefault("matchLabels", {})
    matched["batch.kubernetes.io/controller-uid"] = uid
