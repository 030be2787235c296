"""In-cluster names and addresses: which service, and which ready endpoints, somebody means."""

from collections.abc import Sequence
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
    return next(
        (s for s in store.list(SERVICES) if host == s["spec"].get("clusterIP")),
        None,
    )


def means_cluster(store: Store, host: str) -> bool:
    """Whether a name that is no service can only have meant one: such a name is not asked of the world."""
    name = host.lower().removesuffix(".")
    parts = name.split(".")
    if name.endswith((".svc", ".cluster.local")) or len(parts) == 1:
        return True
    return len(parts) == 2 and store.get(NAMESPACES, "", parts[1]) is not None


def endpoints(store: Store, service: Object, port: int) -> Sequence[Endpoint] | None:
    """The ready ones behind that port of the service; None when the service has no such port."""
    wanted = next((p for p in service["spec"].get("ports", ()) if p["port"] == port), None)
    if wanted is None:
        return None
    metadata = service["metadata"]
    return [
        endpoint
        for candidate in store.list(ENDPOINT_SLICES, metadata["namespace"])
        if labels(candidate).get("kubernetes.io/service-name") == metadata["name"]
        for endpoint in _ready(candidate, wanted.get("name") or "")
    ]


def _ready(candidate: Object, port_name: str) -> Sequence[Endpoint]:
    ports = [p["port"] for p in candidate.get("ports") or () if (p.get("name") or "") == port_name]
    return [
        Endpoint(
            address,
            port,
            (endpoint.get("targetRef") or {}).get("name", ""),
            candidate["metadata"]["namespace"],
        )
        for port in ports
        for endpoint in candidate.get("endpoints") or ()
        if endpoint.get("conditions", {}).get("ready") is not False
        for address in endpoint["addresses"]
    ]
