"""Who means which endpoint, and whether that is allowed: asked by the service proxy and by the pods' own networks."""

import random
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from drydock.admission.addresses import SERVICE_RANGE
from drydock.metadata import labels
from drydock.node.island import DNS_ADDRESS
from drydock.node.network import names
from drydock.node.network.dial import MACHINE_ADDRESS
from drydock.node.network.names import Endpoint
from drydock.node.network.policy import Peer, Protocol, blocked
from drydock.pods import finished
from drydock.resources import NAMESPACES, NETWORK_POLICIES, PODS, Object
from drydock.store import Store

_SYSTEM = "kube-system"


class NoRoute(Exception):
    """There is nobody to connect to."""


class NotReady(NoRoute):
    """Nobody yet."""


class Blocked(NoRoute):
    """A NetworkPolicy forbids it."""


def to_service(store: Store, service: Object, port: int) -> Sequence[Endpoint]:
    """Its endpoints in a random order. Raises NoRoute."""
    name = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
    found = names.endpoints(store, service, port)
    if found is None:
        raise NoRoute(f"service {name} has no port {port}")
    if not found:
        raise NotReady(f"service {name} has no ready endpoints")
    return random.sample(found, len(found))


def to_address(store: Store, address: str, port: int) -> Sequence[Endpoint]:
    """A service's, a pod, or somebody outside. Raises NoRoute."""
    if service := names.service_at(store, address):
        return to_service(store, service, port)
    if ip_address(address) in SERVICE_RANGE:
        raise NoRoute(f"no service has the address {address}")
    return [Endpoint(address, port)]


def check(store: Store, source: Peer, target: Peer, port: int, protocol: Protocol = "TCP") -> None:
    """Raises Blocked."""
    if by := blocked(store.list(NETWORK_POLICIES), source, target, port, protocol):
        raise Blocked(
            f"blocked by NetworkPolicy {', '.join(by)}: "
            f"{source.namespace}/{source.name} may not reach {target.address}:{port}"
        )


def target(store: Store, endpoint: Endpoint) -> Peer:
    """The pod behind an endpoint, or somebody outside."""
    if endpoint.pod and (pod := store.get(PODS, endpoint.namespace, endpoint.pod)):
        return peer(store, pod, endpoint.address)
    for candidate in store.list(PODS):
        address = (candidate.get("status") or {}).get("podIP")
        if address == endpoint.address and not finished(candidate):
            return peer(store, candidate, address)
    return Peer(endpoint.address)


def peer(store: Store, pod: Object, address: str) -> Peer:
    """`pod` as it is now stored, or as it was when it is gone."""
    metadata = pod["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    now = store.get(PODS, namespace, name) or pod
    return Peer(
        address,
        namespace,
        _namespace_labels(store, namespace),
        labels(now),
        {
            (port["name"], port.get("protocol", "TCP")): port["containerPort"]
            for port in declared_ports(now)
            if "name" in port
        },
        name,
    )


def declared_ports(pod: Object) -> Iterator[Object]:
    """Of its containers and sidecars."""
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in (*sidecars, *spec["containers"]):
        yield from container.get("ports") or ()


def ingress_controller(store: Store) -> Peer:
    """Whoever comes from this machine."""
    traefik = {"app.kubernetes.io/name": "traefik"}
    home = _namespace_labels(store, _SYSTEM)
    return Peer(MACHINE_ADDRESS, _SYSTEM, home, traefik, name="traefik")


def name_server(store: Store) -> Peer:
    """The cluster's DNS, as a policy would select it."""
    ports = {("dns", "UDP"): 53, ("dns-tcp", "TCP"): 53}
    home = _namespace_labels(store, _SYSTEM)
    return Peer(DNS_ADDRESS, _SYSTEM, home, {"k8s-app": "kube-dns"}, ports, "kube-dns")


def _namespace_labels(store: Store, namespace: str) -> dict[str, str]:
    home = store.get(NAMESPACES, "", namespace) or {"metadata": {}}
    return {"kubernetes.io/metadata.name": namespace, **labels(home)}
