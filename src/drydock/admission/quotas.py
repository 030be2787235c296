"""ResourceQuota: what objects count for, and who would exceed what a namespace may have."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from drydock import pod_resources, pods, quantities
from drydock.admission.invalid import Denied
from drydock.resources import (
    CONFIG_MAPS,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    RESOURCE_QUOTAS,
    RESOURCES,
    SECRETS,
    SERVICES,
    Object,
    Resource,
)

Amounts = Mapping[str, str]

_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_STORAGE_CLASS: Final = ".storageclass.storage.k8s.io/"
_MUST_BE_SAID: Final = frozenset(
    {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}
)
_KNOWN: Final[dict[str, tuple[str, Amounts]]] = {}
"""What stored objects count for: their version and usage, by uid."""
_MOST_KNOWN: Final = 20_000
_COUNTED_BY_NAME: Final = (
    PODS,
    SERVICES,
    SECRETS,
    CONFIG_MAPS,
    PERSISTENT_VOLUME_CLAIMS,
    RESOURCE_QUOTAS,
)


def check(
    quotas: Iterable[Object],
    resource: Resource,
    obj: Object,
    before: Object | None,
    others: Sequence[Object],
) -> None:
    """`others` are all of its kind in the namespace but itself. Raises Denied."""
    asked = usage(resource, obj)
    had = usage(resource, before) if before is not None else {}
    for quota in quotas:
        if not _covers(quota, resource, obj):
            continue
        hard: Amounts = quota["spec"].get("hard") or {}
        if resource == PODS and before is None:
            _must_specify(quota, hard, obj)
        more = {
            name: quantities.spelled(by, asked[name])
            for name in asked
            if name in hard and (by := _difference(asked[name], had.get(name, "0"))) > 0
        }
        if not more:
            continue
        used = _used(quota, resource, [*others, *([before] if before is not None else [])], more)
        over = [
            name
            for name in sorted(more)
            if quantities.parse(used[name]) + quantities.parse(more[name])
            > quantities.parse(hard[name])
        ]
        if over:
            requested, already, limited = (
                ",".join(f"{name}={amounts[name]}" for name in over)
                for amounts in (more, used, hard)
            )
            raise Denied(
                resource,
                obj,
                f"exceeded quota: {quota['metadata']['name']}, requested: {requested}, "
                f"used: {already}, limited: {limited}",
            )


def status(quota: Object, objects: Callable[[Resource], Sequence[Object]]) -> Object:
    """Its hard limits, and what the namespace has of each."""
    hard: Amounts = quota["spec"].get("hard") or {}
    used = dict.fromkeys(sorted(hard), "0")
    for resource in {kind for name in hard if (kind := _kind(name)) is not None}:
        names = [name for name in hard if _kind(name) == resource]
        used |= _used(quota, resource, objects(resource), names)
    return {"hard": dict(hard), "used": used}


def usage(resource: Resource, obj: Object) -> dict[str, str]:
    """All that this object counts for, by the names that quotas use."""
    counts = {f"count/{resource.qualified}": "1"}
    if resource == PODS:
        return counts if pods.finished(obj) else {**counts, "pods": "1", **_compute(obj["spec"])}
    if resource in _COUNTED_BY_NAME:
        counts[resource.plural] = "1"
    if resource == SERVICES:
        counts |= _service(obj["spec"])
    elif resource == PERSISTENT_VOLUME_CLAIMS:
        counts |= _claim(obj["spec"])
    return counts


def _compute(spec: Object) -> dict[str, str]:
    requests = pod_resources.total(spec, "requests")
    limits = pod_resources.total(spec, "limits")
    return {
        **{name: amount for name, amount in requests.items() if name in _COMPUTE},
        **{f"requests.{name}": amount for name, amount in requests.items()},
        **{f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE},
    }


def _service(spec: Object) -> dict[str, str]:
    balanced = spec.get("type") == "LoadBalancer"
    opened = spec.get("type") == "NodePort" or (
        balanced and spec.get("allocateLoadBalancerNodePorts", True)
    )
    return {
        "services.nodeports": str(len(spec.get("ports") or ()) if opened else 0),
        "services.loadbalancers": str(int(balanced)),
    }


def _claim(spec: Object) -> dict[str, str]:
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")
    used = {"requests.storage": storage}
    if spec.get("storageClassName"):
        prefix = f"{spec['storageClassName']}{_STORAGE_CLASS}"
        used |= {f"{prefix}requests.storage": storage, f"{prefix}persistentvolumeclaims": "1"}
    return used


def _kind(name: str) -> Resource | None:
    """Whose objects count under this name."""
    if name.startswith("count/"):
        found = (each for each in RESOURCES if f"count/{each.qualified}" == name)
        return next(found, None)
    if name == "requests.storage" or _STORAGE_CLASS in name:
        return PERSISTENT_VOLUME_CLAIMS
    if name.partition(".")[0] in {"requests", "limits", *_COMPUTE}:
        return PODS
    plural = name.partition(".")[0]
    return next((each for each in _COUNTED_BY_NAME if each.plural == plural), None)


def _used(
    quota: Object, resource: Resource, objects: Iterable[Object], names: Collection[str]
) -> dict[str, str]:
    if _scopes(quota):
        objects = (each for each in objects if _covers(quota, resource, each))
    parts = [_known_usage(resource, each) for each in objects]
    return {name: quantities.total(part[name] for part in parts if name in part) for name in names}


def _known_usage(resource: Resource, stored: Object) -> Amounts:
    """Every write asks for that of all objects in its namespace, few of which have changed."""
    metadata = stored["metadata"]
    version = metadata.get("resourceVersion")
    if not version:
        return usage(resource, stored)
    known_version, amounts = _KNOWN.get(metadata["uid"], ("", {}))
    if version != known_version:
        amounts = usage(resource, stored)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[metadata["uid"]] = (version, amounts)
    return amounts


def _difference(more: str, less: str) -> Decimal:
    return quantities.parse(more) - quantities.parse(less)


def _must_specify(quota: Object, hard: Amounts, pod: Object) -> None:
    spec = pod["spec"]
    missing: dict[str, set[str]] = {}
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        said = _compute({"containers": [container]})
        for name in _MUST_BE_SAID & hard.keys() - said.keys():
            missing.setdefault(name, set()).add(container["name"])
    if missing:
        listed = "; ".join(f"{n} for: {','.join(sorted(missing[n]))}" for n in sorted(missing))
        why = f"failed quota: {quota['metadata']['name']}: must specify {listed}"
        raise Denied(PODS, pod, why)


# ---- scopes


def _covers(quota: Object, resource: Resource, obj: Object) -> bool:
    """Scopes are about pods: a quota with scopes counts nothing else."""
    scopes = _scopes(quota)
    return not scopes or (resource == PODS and all(_within(each, obj["spec"]) for each in scopes))


def _scopes(quota: Object) -> list[Object]:
    spec = quota["spec"]
    scopes: list[Object] = [
        {"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()
    ]
    return [*scopes, *((spec.get("scopeSelector") or {}).get("matchExpressions") or ())]


def _within(scope: Object, spec: Object) -> bool:
    match scope.get("scopeName"):
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return _best_effort(spec)
        case "NotBestEffort":
            return not _best_effort(spec)
        case "PriorityClass":
            return _of_class(scope, spec.get("priorityClassName"))
    return False


def _best_effort(spec: Object) -> bool:
    containers = (*spec["containers"], *(spec.get("initContainers") or ()))
    resources = [each.get("resources") or {} for each in containers]
    asked = [
        amount
        for each in resources
        for which in ("requests", "limits")
        for name, amount in (each.get(which) or {}).items()
        if name in {"cpu", "memory"}
    ]
    return not any(quantities.parse(amount) for amount in asked)


def _of_class(scope: Object, name: str | None) -> bool:
    values = scope.get("values") or ()
    match scope["operator"]:
        case "In":
            return name in values
        case "NotIn":
            return name not in values
        case "Exists":
            return bool(name)
        case "DoesNotExist":
            return not name
    return False
