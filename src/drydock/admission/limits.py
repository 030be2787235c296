"""LimitRange: what containers get that say nothing, and who asks for too much or too little."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from drydock import pod_resources, quantities
from drydock.admission.invalid import Denied
from drydock.resources import PERSISTENT_VOLUME_CLAIMS, PODS, Object, Resource

Amounts = Mapping[str, str]

_ANNOTATION = "kubernetes.io/limit-ranger"


def default_containers(pod: dict[str, Any], limit_ranges: Iterable[Object]) -> None:
    """Write the namespace's default requests and limits into the pod, and say so in an annotation."""
    for limit_range in limit_ranges:
        items = [each for each in _items(limit_range) if each["type"] == "Container"]
        requests = {k: v for each in items for k, v in each.get("defaultRequest", {}).items()}
        limits = {k: v for each in items for k, v in each.get("default", {}).items()}
        said = [
            text
            for field in ("initContainers", "containers")
            for container in pod["spec"].get(field, [])
            for text in _filled(container, requests, limits, field)
        ]
        if said:
            annotations = pod["metadata"].setdefault("annotations", {})
            annotations[_ANNOTATION] = f"LimitRanger plugin set: {'; '.join(said)}"


def _items(limit_range: Object) -> Sequence[Object]:
    return limit_range["spec"].get("limits") or ()


def _filled(
    container: dict[str, Any], requests: Amounts, limits: Amounts, field: str
) -> Iterator[str]:
    kind = "init container" if field == "initContainers" else "container"
    resources = container.setdefault("resources", {})
    for which, one, defaults in (("requests", "request", requests), ("limits", "limit", limits)):
        new = {name: v for name, v in defaults.items() if name not in resources.get(which, {})}
        if new:
            resources[which] = {**resources.get(which, {}), **new}
            yield f"{', '.join(sorted(new))} {one} for {kind} {container['name']}"


def check(resource: Resource, obj: Object, limit_ranges: Iterable[Object]) -> None:
    """Raises Denied, with all that is wrong."""
    if resource == PODS:
        wrong = [text for each in limit_ranges for text in _wrong_in_pod(obj["spec"], each)]
    elif resource == PERSISTENT_VOLUME_CLAIMS:
        wrong = [text for each in limit_ranges for text in _wrong_in_claim(obj["spec"], each)]
    else:
        return
    if wrong:
        raise Denied(resource, obj, wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]")


def _wrong_in_pod(spec: Object, limit_range: Object) -> Iterator[str]:
    for item in _items(limit_range):
        if item["type"] == "Container":
            for container in (*spec["containers"], *(spec.get("initContainers") or ())):
                resources = container.get("resources") or {}
                requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
                yield from _outside(item, requests, limits)
        elif item["type"] == "Pod":
            requests = pod_resources.total(spec, "requests")
            yield from _outside(item, requests, _limits_of_all(spec))


def _limits_of_all(spec: Object) -> Amounts:
    """A pod is limited only where each of its containers is."""
    containers: Sequence[Object] = spec["containers"]
    limits = pod_resources.total(spec, "limits")
    return {
        name: amount
        for name, amount in limits.items()
        if all(name in ((each.get("resources") or {}).get("limits") or {}) for each in containers)
    }


def _wrong_in_claim(spec: Object, limit_range: Object) -> Iterator[str]:
    requests = (spec.get("resources") or {}).get("requests") or {}
    for item in _items(limit_range):
        if item["type"] == "PersistentVolumeClaim":
            yield from _too_little(item, requests, {})
            for name, most in sorted(item.get("max", {}).items()):
                about = f"maximum {name} usage per {item['type']} is {most}"
                if name not in requests:
                    yield f"{about}.  No request is specified"
                elif _more(requests[name], most):
                    yield f"{about}, but request is {requests[name]}"


def _outside(item: Object, requests: Amounts, limits: Amounts) -> Iterator[str]:
    yield from _too_little(item, requests, limits)
    for name, most in sorted(item.get("max", {}).items()):
        about = f"maximum {name} usage per {item['type']} is {most}"
        if name not in limits:
            yield f"{about}.  No limit is specified"
        elif _more(limits[name], most):
            yield f"{about}, but limit is {limits[name]}"
        elif name in requests and _more(requests[name], most):
            yield f"{about}, but request is {requests[name]}"
    for name, most in sorted(item.get("maxLimitRequestRatio", {}).items()):
        about = f"{name} max limit to request ratio per {item['type']} is {most}"
        request, limit = (quantities.parse(each.get(name, "0")) for each in (requests, limits))
        if not request:
            yield f"{about}, but no request is specified or request is 0"
        elif not limit:
            yield f"{about}, but no limit is specified or limit is 0"
        elif limit / request > quantities.parse(most):
            yield f"{about}, but provided ratio is {limit / request:.6f}"


def _too_little(item: Object, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in sorted(item.get("min", {}).items()):
        about = f"minimum {name} usage per {item['type']} is {least}"
        if name not in requests:
            yield f"{about}.  No request is specified"
        elif _more(least, requests[name]):
            yield f"{about}, but request is {requests[name]}"
        elif name in limits and _more(least, limits[name]):
            yield f"{about}, but limit is {limits[name]}"


def _more(one: str, other: str) -> bool:
    return quantities.parse(one) > quantities.parse(other)
