"""What the API server fills into every kind but pods. These functions write into what they are given."""

import base64
from collections.abc import Callable, Mapping
from typing import Final

from drydock.admission import priorities
from drydock.admission.pod_defaults import Json, default_pod, default_pod_spec
from drydock.resources import (
    CLUSTER_ROLE_BINDINGS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    HORIZONTAL_POD_AUTOSCALERS,
    JOBS,
    LIMIT_RANGES,
    NAMESPACES,
    NETWORK_POLICIES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    PRIORITY_CLASSES,
    REPLICA_SETS,
    ROLE_BINDINGS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
    Resource,
)
from drydock.schema import kind

_STICKY_SECONDS: Final = 10800


def apply_defaults(resource: Resource, obj: Json) -> None:
    schema = kind(resource.kind)
    if schema is not None and "spec" in schema.by_name:
        _spec(obj)  # a struct in Go: it is there, however little was sent
    if default := _DEFAULTS.get(resource):
        default(obj)


def _deployment(deployment: Json) -> None:
    spec = _spec(deployment)
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    _template(spec)


def _replica_set(replica_set: Json) -> None:
    spec = _spec(replica_set)
    spec.setdefault("replicas", 1)
    _template(spec)


def _stateful_set(stateful_set: Json) -> None:
    spec = _spec(stateful_set)
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    for when in ("whenDeleted", "whenScaled"):
        retention.setdefault(when, "Retain")
    for claim in spec.get("volumeClaimTemplates", []):
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
        claim.setdefault("metadata", {})
        _claim(claim)
    _template(spec)


def _daemon_set(daemon_set: Json) -> None:
    spec = _spec(daemon_set)
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    _template(spec)


def _cron_job(cron_job: Json) -> None:
    spec = _spec(cron_job)
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    _template(_spec(spec.setdefault("jobTemplate", {})))


def _job(job: Json) -> None:
    spec = _spec(job)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    spec.setdefault(
        "podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed"
    )
    _template(spec)
    labels = spec["template"].get("metadata", {}).get("labels")
    if labels and not job["metadata"].get("labels"):
        job["metadata"]["labels"] = dict(labels)


def _service(service: Json) -> None:
    spec = _spec(service)
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        sticky = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        sticky.setdefault("timeoutSeconds", _STICKY_SECONDS)
    kind = spec.setdefault("type", "ClusterIP")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in {None, 0, ""}:
            port["targetPort"] = port.get("port", 0)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in {"NodePort", "LoadBalancer"}:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _autoscaler(autoscaler: Json) -> None:
    spec = _spec(autoscaler)
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if behavior := spec.get("behavior"):
        _default_rules(behavior.setdefault("scaleUp", {}), [("Pods", 4), ("Percent", 100)])
        behavior["scaleUp"].setdefault("stabilizationWindowSeconds", 0)
        _default_rules(behavior.setdefault("scaleDown", {}), [("Percent", 100)])


def _default_rules(rules: Json, policies: list[tuple[str, int]]) -> None:
    rules.setdefault("selectPolicy", "Max")
    if not rules.get("policies"):
        rules["policies"] = [
            {"type": kind, "value": value, "periodSeconds": 15} for kind, value in policies
        ]


def _network_policy(policy: Json) -> None:
    spec = _spec(policy)
    spec.setdefault("podSelector", {})
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction, []):
            for port in rule.get("ports", []):
                port.setdefault("protocol", "TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _secret(secret: Json) -> None:
    secret.setdefault("type", "Opaque")
    plain = secret.pop("stringData", {})
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        secret["data"] = {**secret.get("data", {}), **encoded}


def _namespace(namespace: Json) -> None:
    metadata = namespace["metadata"]
    if name := metadata.get("name"):
        metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    if not _spec(namespace).get("finalizers") and "deletionTimestamp" not in metadata:
        namespace["spec"]["finalizers"] = ["kubernetes"]
    namespace.setdefault("status", {}).setdefault("phase", "Active")


def _endpoint_slice(endpoint_slice: Json) -> None:
    for port in endpoint_slice.get("ports", []):
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def _endpoints(endpoints: Json) -> None:
    for subset in endpoints.get("subsets", []):
        for port in subset.get("ports", []):
            port.setdefault("protocol", "TCP")


def _role_binding(binding: Json) -> None:
    group = "rbac.authorization.k8s.io"
    if not binding.setdefault("roleRef", {}).get("apiGroup"):
        binding["roleRef"]["apiGroup"] = group
    for subject in binding.get("subjects", []):
        if subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", group)


def _claim(claim: Json) -> None:
    _spec(claim).setdefault("volumeMode", "Filesystem")
    claim["spec"].setdefault("resources", {})
    claim.setdefault("status", {}).setdefault("phase", "Pending")


def _storage_class(storage_class: Json) -> None:
    storage_class.setdefault("reclaimPolicy", "Delete")
    storage_class.setdefault("volumeBindingMode", "Immediate")


def _limit_range(limits: Json) -> None:
    """A container's default limit is its maximum, its default request is its default limit or its minimum."""
    for item in _spec(limits).get("limits", []):
        if item.get("type") == "Container":
            default = {**item.get("max", {}), **item.get("default", {})}
            request = {**item.get("min", {}), **default, **item.get("defaultRequest", {})}
            item |= {k: v for k, v in (("default", default), ("defaultRequest", request)) if v}


def _spec(obj: Json) -> Json:
    spec: Json = obj.setdefault("spec", {})
    return spec


def _template(spec: Json) -> None:
    template = spec.setdefault("template", {})
    default_pod_spec(template.setdefault("spec", {}))


_DEFAULTS: Final[Mapping[Resource, Callable[[Json], None]]] = {
    DEPLOYMENTS: _deployment,
    REPLICA_SETS: _replica_set,
    STATEFUL_SETS: _stateful_set,
    DAEMON_SETS: _daemon_set,
    JOBS: _job,
    CRON_JOBS: _cron_job,
    PODS: default_pod,
    SERVICES: _service,
    HORIZONTAL_POD_AUTOSCALERS: _autoscaler,
    NETWORK_POLICIES: _network_policy,
    SECRETS: _secret,
    NAMESPACES: _namespace,
    ENDPOINT_SLICES: _endpoint_slice,
    ENDPOINTS: _endpoints,
    ROLE_BINDINGS: _role_binding,
    CLUSTER_ROLE_BINDINGS: _role_binding,
    PERSISTENT_VOLUME_CLAIMS: _claim,
    LIMIT_RANGES: _limit_range,
    PRIORITY_CLASSES: priorities.default_class,
    STORAGE_CLASSES: _storage_class,
}
