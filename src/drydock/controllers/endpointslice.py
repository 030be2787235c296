"""EndpointSlice and Endpoints: where a Service's pods are, and which of them take traffic."""

from collections.abc import Mapping, Sequence
from typing import Any

from drydock import pods
from drydock.controllers.changes import Create, Delete, Reconcile, Update
from drydock.metadata import deleting, labels, reference
from drydock.resources import ENDPOINT_SLICES, ENDPOINTS, SERVICES, Object
from drydock.selectors import has

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"

Ports = tuple[tuple[str, str, int], ...]
"""Name, protocol and number of each: pods may differ in what a named targetPort means."""


def reconcile(
    service: Object,
    namespace_pods: Sequence[Object],
    slices: Sequence[Object],
    endpoints: Object | None,
) -> Reconcile:
    spec = service["spec"]
    selector = spec.get("selector")
    if deleting(service) or not selector or spec.get("type") == "ExternalName":
        return
    serving = [pod for pod in namespace_pods if has(selector, labels(pod)) and _reachable(pod)]
    groups: dict[Ports, list[Object]] = {}
    for pod in serving:
        groups.setdefault(_ports(service, pod), []).append(pod)
    if not groups:
        groups[()] = []
    yield from _slices(service, groups, slices)
    yield from _endpoints(service, groups, endpoints)


def ours(endpoint_slice: Object) -> bool:
    return labels(endpoint_slice).get(MANAGED_BY) == MANAGER


def service_name(endpoint_slice: Object) -> str | None:
    return labels(endpoint_slice).get(SERVICE_NAME)


def _reachable(pod: Object) -> bool:
    return bool((pod.get("status") or {}).get("podIP")) and not pods.finished(pod)


def _ports(service: Object, pod: Object) -> Ports:
    found = []
    for port in service["spec"].get("ports") or ():
        number = _number(port, pod)
        if number is not None:
            found.append((port.get("name", ""), port.get("protocol", "TCP"), number))
    return tuple(found)


def _number(port: Object, pod: Object) -> int | None:
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for candidate in container.get("ports") or ():
            same = candidate.get("protocol", "TCP") == port.get("protocol", "TCP")
            if candidate.get("name") == target and same:
                return int(candidate["containerPort"])
    return None


def _slices(
    service: Object, groups: Mapping[Ports, Sequence[Object]], slices: Sequence[Object]
) -> Reconcile:
    """One slice per set of ports; a slice in place is kept for the ports it already has."""
    free = [each for each in slices if ours(each) and not deleting(each)]
    used: dict[Ports, Object] = {}
    for ports in groups:
        kept = next((each for each in free if each["ports"] == _slice_ports(ports)), None)
        if kept is not None:
            used[ports] = kept
            free.remove(kept)
    for ports, members in groups.items():
        before = used.get(ports) or (free.pop(0) if free else None)
        wanted = _slice(service, ports, members)
        if before is None:
            yield Create(ENDPOINT_SLICES, wanted)
            continue
        after = {
            **before,
            "metadata": {**before["metadata"], "labels": wanted["metadata"]["labels"]},
            "endpoints": wanted["endpoints"],
            "ports": wanted["ports"],
        }
        if after != before:
            yield Update(ENDPOINT_SLICES, after)
    for surplus in free:
        yield Delete(ENDPOINT_SLICES, surplus)


def _slice(service: Object, ports: Ports, members: Sequence[Object]) -> Object:
    name = service["metadata"]["name"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name}-",
            "namespace": service["metadata"]["namespace"],
            "labels": {**_labels(service), MANAGED_BY: MANAGER, SERVICE_NAME: name},
            "ownerReferences": [reference(SERVICES, service)],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(service, pod) for pod in members],
        "ports": _slice_ports(ports),
    }


def _labels(service: Object) -> Mapping[str, str]:
    headless = service["spec"].get("clusterIP") == "None"
    return {**labels(service), **({HEADLESS: ""} if headless else {})}


def _slice_ports(ports: Ports) -> list[Object]:
    return [
        {"name": name, "port": number, "protocol": protocol} for name, protocol, number in ports
    ]


def _endpoint(service: Object, pod: Object) -> Object:
    serving, leaving = pods.ready(pod), deleting(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not leaving)
    endpoint: dict[str, Any] = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": leaving},
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _target(pod),
    }
    return {**endpoint, **_hostname(service, pod)}


def _hostname(service: Object, pod: Object) -> dict[str, Any]:
    """A pod of the service's own subdomain has a name below it."""
    spec = pod["spec"]
    if spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]:
        return {"hostname": spec["hostname"]}
    return {}


def _target(pod: Object) -> Object:
    metadata = pod["metadata"]
    return {
        "kind": "Pod",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
    }


def _endpoints(
    service: Object, groups: Mapping[Ports, Sequence[Object]], before: Object | None
) -> Reconcile:
    """The older form of the same facts. Terminating pods are in neither of its lists."""
    always = bool(service["spec"].get("publishNotReadyAddresses"))
    subsets = []
    for ports, members in groups.items():
        staying = [pod for pod in members if always or not deleting(pod)]
        ready = [pod for pod in staying if always or pods.ready(pod)]
        lists = {
            "addresses": [_address(service, pod) for pod in ready],
            "notReadyAddresses": [_address(service, pod) for pod in staying if pod not in ready],
        }
        subset: dict[str, Any] = {key: value for key, value in lists.items() if value}
        if subset:
            subsets.append({**subset, "ports": _slice_ports(ports)})
    if before is None:
        yield Create(ENDPOINTS, _endpoints_object(service, subsets))
    elif (before.get("subsets") or []) != subsets:
        yield Update(ENDPOINTS, {**before, "subsets": subsets})


def _endpoints_object(service: Object, subsets: Sequence[Object]) -> Object:
    metadata = service["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": _labels(service),
            "ownerReferences": [reference(SERVICES, service)],
        },
        "subsets": subsets,
    }


def _address(service: Object, pod: Object) -> Object:
    return {
        "ip": pod["status"]["podIP"],
        **_hostname(service, pod),
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _target(pod),
    }
