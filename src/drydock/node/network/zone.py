"""The names below cluster.local and what they stand for, as the DNS specification of Kubernetes has them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from drydock.node.network import names
from drydock.node.network.names import Endpoint
from drydock.resources import NAMESPACES, SERVICES, Object
from drydock.store import Store

CLUSTER = "cluster.local"
_REVERSE = ".in-addr.arpa"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a service's port is (SRV)."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Records:
    """What a name has. A name may exist and have nothing."""

    addresses: Sequence[str] = ()
    locations: Sequence[Location] = ()
    alias: str = ""
    host: str = ""  # that an address belongs to (PTR)


def belongs(name: str) -> bool:
    """Whether nobody but us can know a name (in lower case, without a final dot)."""
    return name == CLUSTER or name.endswith("." + CLUSTER)


def find(store: Store, name: str) -> Records | None:
    """None for a name that does not exist."""
    match name.removesuffix(CLUSTER).removesuffix(".").split("."):
        case [""] | ["svc"] | ["pod"]:
            return Records()
        case [namespace, "svc" | "pod"]:
            return Records() if _is_namespace(store, namespace) else None
        case [dashed, namespace, "pod"]:
            return _pod(store, dashed, namespace)
        case [*below, service, namespace, "svc"]:
            found = store.get(SERVICES, namespace, service)
            return None if found is None else _service(store, found, below)
    return None


def reverse(store: Store, name: str) -> Records | None:
    """For `7.0.96.10.in-addr.arpa`; None for an address that is no service's."""
    if not name.endswith(_REVERSE):
        return None
    address = ".".join(reversed(name.removesuffix(_REVERSE).split(".")))
    service = names.service_at(store, address)
    return None if service is None else Records(host=_host(service))


def _is_namespace(store: Store, name: str) -> bool:
    return store.get(NAMESPACES, "", name) is not None


def _pod(store: Store, dashed: str, namespace: str) -> Records | None:
    """Whether there is such a pod or not, as CoreDNS does with its usual settings."""
    try:
        address = IPv4Address(dashed.replace("-", "."))
    except AddressValueError:
        return None
    return Records([str(address)]) if _is_namespace(store, namespace) else None


def _service(store: Store, service: Object, below: Sequence[str]) -> Records | None:
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return None if below else Records(alias=spec["externalName"].lower().removesuffix("."))
    match below:
        case [] if _headless(service):
            addresses = sorted({endpoint.address for _, endpoint in _endpoints(store, service)})
            return Records(addresses, _locations(store, service)) if addresses else None
        case []:
            return Records([spec["clusterIP"]], _locations(store, service))
        case [hostname]:
            addresses = sorted(
                {e.address for _, e in _endpoints(store, service) if _label(e) == hostname}
            )
            return Records(addresses) if addresses else None
        case [port, protocol] if port.startswith("_") and protocol.startswith("_"):
            locations = _locations(store, service, port[1:], protocol[1:])
            return Records(locations=locations) if locations else None
    return None


def _locations(
    store: Store, service: Object, name: str = "", protocol: str = ""
) -> Sequence[Location]:
    """Of all ports that have a name, or of one. A headless service's are those of its pods."""
    wanted = [
        port
        for port in service["spec"].get("ports") or ()
        if port.get("name")
        and name in {"", port["name"]}
        and protocol in {"", port.get("protocol", "TCP").lower()}
    ]
    if not _headless(service):
        return [Location(_host(service), port["port"]) for port in wanted]
    return [
        Location(f"{_label(endpoint)}.{_host(service)}", endpoint.port)
        for port, endpoint in _endpoints(store, service)
        if port in wanted
    ]


def _endpoints(store: Store, service: Object) -> Iterator[tuple[Object, Endpoint]]:
    """With the service's port that each is behind."""
    for port in service["spec"].get("ports") or ():
        for endpoint in names.behind(store, service, port):
            yield port, endpoint


def _headless(service: Object) -> bool:
    return service["spec"].get("clusterIP") in {None, "", "None"}


def _label(endpoint: Endpoint) -> str:
    return endpoint.hostname or endpoint.address.replace(".", "-")


def _host(service: Object) -> str:
    metadata = service["metadata"]
    return f"{metadata['name']}.{metadata['namespace']}.svc.{CLUSTER}"
