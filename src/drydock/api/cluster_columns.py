"""What `kubectl get` shows of the kinds that hold configuration, rules and the cluster itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drydock import conditions, resources
from drydock.api.ages import since
from drydock.api.columns import Cells, Printer, age, columns, dig
from drydock.metadata import deleting, labels
from drydock.resources import Object, Resource


def _name_and_creation(obj: Object, _now: datetime) -> Cells:
    return [obj["metadata"]["name"], obj["metadata"]["creationTimestamp"]]


def _event(event: Object, now: datetime) -> Cells:
    about = event.get("involvedObject", {})
    source = event.get("source", {})
    component = source.get("component") or event.get("reportingComponent", "")
    host = source.get("host") or event.get("reportingInstance", "")
    first = event.get("firstTimestamp") or event.get("eventTime")
    last = dig(event, "series", "lastObservedTime") or event.get("lastTimestamp") or first
    return [
        since(last, now),
        event.get("type", ""),
        event.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        ", ".join(filter(None, (component, host))),
        event.get("message", "").strip(),
        since(first, now),
        dig(event, "series", "count") or event.get("count") or 1,
        event["metadata"]["name"],
    ]


def _node(node: Object, now: datetime) -> Cells:
    info = dig(node, "status", "nodeInfo", default={})
    addresses = {
        address["type"]: address["address"]
        for address in dig(node, "status", "addresses", default=())
    }
    prefix = "node-role.kubernetes.io/"
    roles = sorted(key.removeprefix(prefix) for key in labels(node) if key.startswith(prefix))
    return [
        node["metadata"]["name"],
        _node_status(node),
        ",".join(filter(None, roles)) or "<none>",
        age(node, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", "<none>"),
        addresses.get("ExternalIP", "<none>"),
        info.get("osImage", "<unknown>"),
        info.get("kernelVersion", "<unknown>"),
        info.get("containerRuntimeVersion", "<unknown>"),
    ]


def _node_status(node: Object) -> str:
    ready = conditions.find(conditions.of(node), "Ready")
    status = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    return status + (",SchedulingDisabled" if dig(node, "spec", "unschedulable") else "")


def _namespace(namespace: Object, now: datetime) -> Cells:
    return [
        namespace["metadata"]["name"],
        dig(namespace, "status", "phase", default="Active"),
        age(namespace, now),
    ]


def _secret(secret: Object, now: datetime) -> Cells:
    data = len(secret.get("data") or {})
    return [secret["metadata"]["name"], secret.get("type", "Opaque"), data, age(secret, now)]


def _config_map(obj: Object, now: datetime) -> Cells:
    data = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return [obj["metadata"]["name"], data, age(obj, now)]


def _service_account(account: Object, now: datetime) -> Cells:
    return [account["metadata"]["name"], len(account.get("secrets") or ()), age(account, now)]


def _claim(claim: Object, now: datetime) -> Cells:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX"}
    modes = dig(claim, "status", "accessModes", default=())
    return [
        claim["metadata"]["name"],
        "Terminating" if deleting(claim) else dig(claim, "status", "phase", default="Pending"),
        claim["spec"].get("volumeName", ""),
        dig(claim, "status", "capacity", "storage"),
        ",".join(short.get(mode, mode) for mode in modes),
        claim["spec"].get("storageClassName", ""),
        age(claim, now),
        claim["spec"].get("volumeMode", "<unset>"),
    ]


def _lease(lease: Object, now: datetime) -> Cells:
    holder = dig(lease, "spec", "holderIdentity")
    return [lease["metadata"]["name"], holder, age(lease, now)]


def _priority_class(obj: Object, now: datetime) -> Cells:
    default, policy = obj.get("globalDefault", False), obj.get("preemptionPolicy", "")
    return [obj["metadata"]["name"], obj.get("value", 0), default, age(obj, now), policy]


def _storage_class(obj: Object, now: datetime) -> Cells:
    annotations = obj["metadata"].get("annotations", {})
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        obj["metadata"]["name"] + (" (default)" if default else ""),
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy", ""),
        obj.get("volumeBindingMode", ""),
        obj.get("allowVolumeExpansion", False),
        age(obj, now),
    ]


def _role_binding(binding: Object, now: datetime) -> Cells:
    role = binding["roleRef"]
    subjects: list[Mapping[str, Any]] = binding.get("subjects") or []
    names: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in subjects:
        prefix = f"{subject['namespace']}/" if subject.get("namespace") else ""
        names[subject["kind"]].append(prefix + subject["name"])
    return [
        binding["metadata"]["name"],
        f"{role['kind']}/{role['name']}",
        age(binding, now),
        *(", ".join(group) for group in names.values()),
    ]


def _quota(quota: Object, now: datetime) -> Cells:
    hard = dig(quota, "status", "hard", default={})
    used = dig(quota, "status", "used", default={})
    shown = {name: f"{name}: {used.get(name, 0)}/{limit}" for name, limit in sorted(hard.items())}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    requests = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [quota["metadata"]["name"], ", ".join(requests), ", ".join(limits), age(quota, now)]


_BINDINGS = Printer(columns("Name,Role,Age", "Users,Groups,ServiceAccounts"), _role_binding)

PRINTERS: Mapping[Resource, Printer] = {
    resources.EVENTS: Printer(
        (
            *columns("Last Seen,Type,Reason,Object"),
            *columns("", "Subobject,Source"),
            *columns("Message", "First Seen,Count#,Name"),
        ),
        _event,
    ),
    resources.NODES: Printer(
        columns(
            "Name,Status,Roles,Age,Version",
            "Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime",
        ),
        _node,
    ),
    resources.NAMESPACES: Printer(columns("Name,Status,Age"), _namespace),
    resources.SECRETS: Printer(columns("Name,Type,Data#,Age"), _secret),
    resources.CONFIG_MAPS: Printer(columns("Name,Data#,Age"), _config_map),
    resources.SERVICE_ACCOUNTS: Printer(columns("Name,Secrets#,Age"), _service_account),
    resources.PERSISTENT_VOLUME_CLAIMS: Printer(
        columns("Name,Status,Volume,Capacity,Access Modes,StorageClass,Age", "VolumeMode"), _claim
    ),
    resources.LEASES: Printer(columns("Name,Holder,Age"), _lease),
    resources.PRIORITY_CLASSES: Printer(
        columns("Name,Value#,Global-Default,Age,PreemptionPolicy"), _priority_class
    ),
    resources.STORAGE_CLASSES: Printer(
        columns("Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age"),
        _storage_class,
    ),
    resources.ROLES: Printer(columns("Name,Created At"), _name_and_creation),
    resources.LIMIT_RANGES: Printer(columns("Name,Created At"), _name_and_creation),
    resources.CLUSTER_ROLES: Printer(columns("Name,Created At"), _name_and_creation),
    resources.ROLE_BINDINGS: _BINDINGS,
    resources.CLUSTER_ROLE_BINDINGS: _BINDINGS,
    resources.RESOURCE_QUOTAS: Printer(columns("Name,Request,Limit,Age"), _quota),
}
