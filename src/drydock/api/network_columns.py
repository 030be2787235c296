"""What `kubectl get` shows of services and of the ways to them."""

from collections.abc import Mapping
from datetime import datetime

from drydock import resources
from drydock.api.columns import (
    Cells,
    Printer,
    age,
    columns,
    dig,
    label_text,
    selector_text,
    some,
)
from drydock.resources import Object, Resource


def _service(service: Object, now: datetime) -> Cells:
    spec = service["spec"]
    ports = ",".join(
        f"{port['port']}"
        + (f":{port['nodePort']}" if port.get("nodePort") else "")
        + f"/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports", ())
    )
    return [
        service["metadata"]["name"],
        spec.get("type", "ClusterIP"),
        spec.get("clusterIP") or "<none>",
        _external_ip(service),
        ports or "<none>",
        age(service, now),
        label_text(spec.get("selector") or {}),
    ]


def _external_ip(service: Object) -> str:
    spec = service["spec"]
    external = list(spec.get("externalIPs", ()))
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            return ",".join(_load_balancer(service) + external) or "<pending>"
    return ",".join(external) or "<none>"


def _load_balancer(obj: Object) -> list[str]:
    points = dig(obj, "status", "loadBalancer", "ingress", default=())
    return [point.get("ip") or point.get("hostname", "") for point in points]


def _ingress(ingress: Object, now: datetime) -> Cells:
    spec, metadata = ingress["spec"], ingress["metadata"]
    old_class = dig(metadata, "annotations", "kubernetes.io/ingress.class")
    hosts = [rule["host"] for rule in spec.get("rules", ()) if rule.get("host")]
    return [
        metadata["name"],
        spec.get("ingressClassName") or old_class or "<none>",
        some(hosts, "*"),
        ",".join(_load_balancer(ingress)),
        "80, 443" if spec.get("tls") else "80",
        age(ingress, now),
    ]


def _ingress_class(obj: Object, now: datetime) -> Cells:
    parameters = dig(obj, "spec", "parameters", default={})
    shown = f"{parameters['kind']}/{parameters['name']}" if parameters else "<none>"
    return [obj["metadata"]["name"], dig(obj, "spec", "controller"), shown, age(obj, now)]


def _endpoint_slice(obj: Object, now: datetime) -> Cells:
    ports = [str(port.get("port", "*")) for port in obj.get("ports") or ()]
    addresses = [a for endpoint in obj.get("endpoints") or () for a in endpoint["addresses"]]
    return [
        obj["metadata"]["name"],
        obj.get("addressType", ""),
        some(ports, "<unset>"),
        some(addresses, "<unset>"),
        age(obj, now),
    ]


def _endpoints(obj: Object, now: datetime) -> Cells:
    pairs = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    return [obj["metadata"]["name"], some(pairs, "<none>"), age(obj, now)]


def _network_policy(policy: Object, now: datetime) -> Cells:
    selector = selector_text(policy["spec"].get("podSelector", {}))
    return [policy["metadata"]["name"], selector, age(policy, now)]


PRINTERS: Mapping[Resource, Printer] = {
    resources.SERVICES: Printer(
        columns("Name,Type,Cluster-IP,External-IP,Port(s),Age", "Selector"), _service
    ),
    resources.INGRESSES: Printer(columns("Name,Class,Hosts,Address,Ports,Age"), _ingress),
    resources.INGRESS_CLASSES: Printer(columns("Name,Controller,Parameters,Age"), _ingress_class),
    resources.ENDPOINT_SLICES: Printer(
        columns("Name,AddressType,Ports,Endpoints,Age"), _endpoint_slice
    ),
    resources.ENDPOINTS: Printer(columns("Name,Endpoints,Age"), _endpoints),
    resources.NETWORK_POLICIES: Printer(columns("Name,Pod-Selector,Age"), _network_policy),
}
