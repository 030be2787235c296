"""In-cluster names and addresses: which service, and which endpoints, somebody means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drydock.metadata import labels
from drydock.resources import ENDPOINT_SLICES, NAMESPACES, SERVICES, Object
from drydock.store import Store


@dataclass(frozen=True, slots=True)
class Endpoint:
    address: str
    port: int
    pod: str = ""  # its name, where the endpoint is a pod
    namespace: str = ""
    hostname: str = ""  # that the pod asked for, below the service's name


def service(store: Store, host: str, namespace: str) -> Object | None:
    """`svc`, `svc.ns`, `svc.ns.svc`, `svc.ns.svc.cluster.local` or a cluster IP, as seen from `namespace`."""
    name = host.lower().removesuffix(".").removesuffix(".cluster.local")
    parts = name.removesuffix(".svc").split(".")
    if name.endswith(".svc") and len(parts) != 2:
        return None
    if len(parts) == 1:
        return store.get(SERVICES, namespace, parts[0])
    if len(parts) == 2:
        return store.get(SERVICES, parts[1], parts[0])
    return service_at(store, host)


def service_at(store: Store, cluster_ip: str) -> Object | None:
    return next((s for s in store.list(SERVICES) if cluster_ip == s["spec"].get("clusterIP")), None)


def means_cluster(store: Store, host: str) -> bool:
    """Whether a name that is no service can only have meant one: such a name is not asked of the world."""
    name = host.lower().removesuffix(".")
    parts = name.split(".")
    if name.endswith((".svc", ".cluster.local")) or len(parts) == 1:
        return True
    return len(parts) == 2 and store.get(NAMESPACES, "", parts[1]) is not None


def endpoints(
    store: Store, service: Object, port: int, protocol: str = "TCP"
) -> Sequence[Endpoint] | None:
    """Who takes what comes for that port of the service; None when the service has no such port."""
    ports = service["spec"].get("ports") or ()
    wanted = next(
        (p for p in ports if p["port"] == port and p.get("protocol", "TCP") == protocol), None
    )
    return None if wanted is None else behind(store, service, wanted)


def behind(store: Store, service: Object, port: Object) -> Sequence[Endpoint]:
    """The ready endpoints of one of the service's ports; where none is left, those that still serve while they end."""
    metadata = service["metadata"]
    found = [
        pair
        for candidate in store.list(ENDPOINT_SLICES, metadata["namespace"])
        if labels(candidate).get("kubernetes.io/service-name") == metadata["name"]
        for pair in _of_slice(candidate, port)
    ]
    ready = [endpoint for endpoint, conditions in found if conditions.get("ready") is not False]
    return ready or [
        endpoint
        for endpoint, conditions in found
        if conditions.get("serving") and conditions.get("terminating")
    ]


def _of_slice(candidate: Object, wanted: Object) -> Iterator[tuple[Endpoint, Object]]:
    """With the conditions of each."""
    if candidate.get("addressType", "IPv4") != "IPv4":
        return
    key = (wanted.get("name") or "", wanted.get("protocol") or "TCP")
    for port in candidate.get("ports") or ():
        if (port.get("name") or "", port.get("protocol") or "TCP") != key:
            continue
        for each in candidate.get("endpoints") or ():
            target = each.get("targetRef") or {}
            for address in each["addresses"]:
                endpoint = Endpoint(
                    address,
                    port["port"],
                    target.get("name", ""),
                    candidate["metadata"]["namespace"],
                    each.get("hostname") or "",
                )
                yield endpoint, each.get("conditions") or {}
