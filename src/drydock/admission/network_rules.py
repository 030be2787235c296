"""What must hold for services, ingresses, network policies and endpoint slices."""

import ipaddress
from typing import Any, Final

from drydock.admission import names
from drydock.admission.invalid import duplicate, forbidden, invalid, required
from drydock.admission.rules import (
    PROTOCOLS,
    Causes,
    Json,
    immutable,
    labels,
    named,
    one_of,
    port,
    required_name,
    selector,
)
from drydock.resources import Object

_SERVICE_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
_ADDRESS_TYPES: Final = ("FQDN", "IPv4", "IPv6")


# ---- services


def check_service(service: Object, before: Object | None) -> Causes:
    spec = service["spec"]
    yield from one_of(spec["type"], _SERVICE_TYPES, "spec.type")
    yield from one_of(spec["sessionAffinity"], ("ClientIP", "None"), "spec.sessionAffinity")
    if policy := spec.get("internalTrafficPolicy"):
        yield from one_of(policy, ("Cluster", "Local"), "spec.internalTrafficPolicy")
    yield from labels(spec.get("selector", {}), "spec.selector")
    if spec["type"] == "ExternalName":
        yield from _check_external_name(spec)
    else:
        yield from _check_cluster_ip(spec, before)
    yield from _check_service_ports(spec)


def _check_external_name(spec: Json) -> Causes:
    if not spec.get("externalName"):
        yield required("spec.externalName")
    else:
        yield from named(names.dns_subdomain, spec["externalName"].rstrip("."), "spec.externalName")


def _check_cluster_ip(spec: Json, before: Object | None) -> Causes:
    address = spec["clusterIP"]
    if address != "None" and not _is_address(address):
        why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        yield invalid("spec.clusterIPs[0]", address, why)
    if spec["clusterIPs"][:1] != [address]:
        yield invalid("spec.clusterIPs", spec["clusterIPs"], "first value must match `clusterIP`")
    elif before is not None and before["spec"].get("type") != "ExternalName":
        known = before["spec"].get("clusterIPs", [])[:1]
        if known and known != [address]:
            yield invalid("spec.clusterIPs[0]", [address], "may not change once set")


def _check_service_ports(spec: Json) -> Causes:
    ports = spec.get("ports", [])
    headless = spec.get("clusterIP") == "None" or spec["type"] == "ExternalName"
    if not ports and not headless:
        yield required("spec.ports")
    seen_names: set[str] = set()
    seen_ports: set[tuple[Any, Any]] = set()
    for index, each in enumerate(ports):
        at, name = f"spec.ports[{index}]", each.get("name", "")
        if name:
            yield from named(names.dns_label, name, f"{at}.name")
            if name in seen_names:
                yield duplicate(f"{at}.name", name)
            seen_names.add(name)
        elif len(ports) > 1:
            yield required(f"{at}.name")
        yield from port(each.get("port", 0), f"{at}.port")
        yield from one_of(each["protocol"], PROTOCOLS, f"{at}.protocol")
        yield from port(each["targetPort"], f"{at}.targetPort")
        key = (each["protocol"], each.get("port"))
        if key in seen_ports:
            yield duplicate(at, {"protocol": key[0], "port": key[1]})
        seen_ports.add(key)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# ---- ingresses


def check_ingress(ingress: Object, _before: Object | None) -> Causes:
    spec = ingress.get("spec", {})
    if not spec.get("rules") and "defaultBackend" not in spec:
        yield invalid("spec", None, "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _check_backend(spec["defaultBackend"], "spec.defaultBackend")
    if name := spec.get("ingressClassName"):
        yield from named(names.dns_subdomain, name, "spec.ingressClassName")
    for index, rule in enumerate(spec.get("rules", [])):
        yield from _check_rule(rule, f"spec.rules[{index}]")
    for index, tls in enumerate(spec.get("tls", [])):
        for at, host in enumerate(tls.get("hosts", [])):
            yield from named(names.wildcard_subdomain, host, f"spec.tls[{index}].hosts[{at}]")


def _check_rule(rule: Json, path: str) -> Causes:
    host = rule.get("host", "")
    if host and _is_address(host):
        yield invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
    elif host:
        yield from named(names.wildcard_subdomain, host, f"{path}.host")
    if "http" not in rule:
        return
    if not rule["http"].get("paths"):
        yield required(f"{path}.http.paths")
    for index, each in enumerate(rule["http"].get("paths", [])):
        yield from _check_path(each, f"{path}.http.paths[{index}]")


def _check_path(each: Json, path: str) -> Causes:
    kind, where = each.get("pathType"), each.get("path", "")
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
    else:
        yield from one_of(kind, _PATH_TYPES, f"{path}.pathType")
    if not where.startswith("/") and (where or kind != "ImplementationSpecific"):
        yield invalid(f"{path}.path", where, "must be an absolute path")
    yield from _check_backend(each.get("backend", {}), f"{path}.backend")


def _check_backend(backend: Json, path: str) -> Causes:
    if "resource" in backend and "service" in backend:
        yield invalid(path, "", "cannot set both resource and service backends")
        return
    if "resource" in backend:
        return
    if "service" not in backend:
        yield invalid(path, "", "resource or service backend is required")
        return
    service = backend["service"]
    yield from required_name(names.dns_label, service, f"{path}.service")
    number, name = service.get("port", {}).get("number"), service.get("port", {}).get("name")
    if number and name:
        yield invalid(path, "", "cannot set both port name & port number")
    elif number or name:
        yield from port(number or name, f"{path}.service.port.{'number' if number else 'name'}")
    else:
        yield required(path, "port name or number is required")


# ---- network policies


def check_network_policy(policy: Object, _before: Object | None) -> Causes:
    spec = policy["spec"]
    yield from selector(spec["podSelector"], "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction, [])):
            at = f"spec.{direction}[{index}]"
            for position, each in enumerate(rule.get("ports", [])):
                yield from _check_policy_port(each, f"{at}.ports[{position}]")
            for position, peer in enumerate(rule.get(peers, [])):
                yield from _check_peer(peer, f"{at}.{peers}[{position}]")
    for index, kind in enumerate(spec["policyTypes"]):
        yield from one_of(kind, ("Ingress", "Egress"), f"spec.policyTypes[{index}]")


def _check_policy_port(each: Json, path: str) -> Causes:
    yield from one_of(each["protocol"], ("TCP", "UDP", "SCTP"), f"{path}.protocol")
    if "port" in each:
        yield from port(each["port"], f"{path}.port")
    first, last = each.get("port"), each.get("endPort")
    if last is None:
        return
    if first is None:
        yield invalid(f"{path}.endPort", last, "may not be specified when `port` is not specified")
    elif isinstance(first, str):
        yield invalid(f"{path}.endPort", last, "may not be specified when `port` is non-numeric")
    elif last < first:
        yield invalid(f"{path}.endPort", first, "must be greater than or equal to `port`")


def _check_peer(peer: Json, path: str) -> Causes:
    for field in ("podSelector", "namespaceSelector"):
        yield from selector(peer.get(field, {}), f"{path}.{field}")
    if not peer:
        yield required(path, "must specify a peer")
    if "ipBlock" in peer:
        yield from _check_block(peer["ipBlock"], f"{path}.ipBlock")
        if len(peer) > 1:
            yield forbidden(path, "may not specify both ipBlock and another peer")


def _check_block(block: Json, path: str) -> Causes:
    for field, value in [("cidr", block.get("cidr", ""))] + [
        (f"except[{index}]", each) for index, each in enumerate(block.get("except", []))
    ]:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            yield invalid(f"{path}.{field}", value, why)


# ---- endpoint slices


def check_endpoint_slice(endpoint_slice: Object, before: Object | None) -> Causes:
    kind = endpoint_slice.get("addressType", "")
    if not kind:
        yield required("addressType")
    else:
        yield from one_of(kind, _ADDRESS_TYPES, "addressType")
    for index, endpoint in enumerate(endpoint_slice.get("endpoints", [])):
        at = f"endpoints[{index}].addresses"
        if not endpoint.get("addresses"):
            yield required(at, "must contain at least 1 address")
        for position, address in enumerate(endpoint.get("addresses", [])):
            if kind in {"IPv4", "IPv6"} and not _is_address(address):
                why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                yield invalid(f"{at}[{position}]", address, why)
    if before is not None:
        yield from immutable(endpoint_slice, before, "", "addressType")
