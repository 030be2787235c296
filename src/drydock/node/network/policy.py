"""Which connections NetworkPolicies allow, decided from both ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Literal

from drydock.resources import Object
from drydock.selectors import matches

Direction = Literal["Ingress", "Egress"]
Protocol = Literal["TCP", "UDP", "SCTP"]


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a connection; without a namespace it lies outside the cluster."""

    address: str
    namespace: str = ""
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    named_ports: Mapping[tuple[str, str], int] = field(default_factory=dict)  # name and protocol
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    target: Peer
    port: int
    protocol: Protocol


def blocked(
    policies: Sequence[Object],
    source: Peer,
    target: Peer,
    port: int,
    protocol: Protocol = "TCP",
) -> tuple[str, ...]:
    """The policies (`namespace/name`) that forbid `source` that port of `target`; none: it is allowed.

    Nothing keeps a pod from itself.
    """
    if source.address == target.address:
        return ()
    asked = _Asked(target, port, protocol)
    return (
        *_forbid("Egress", policies, source, target, asked),
        *_forbid("Ingress", policies, target, source, asked),
    )


def _forbid(
    direction: Direction, policies: Iterable[Object], subject: Peer, other: Peer, asked: _Asked
) -> tuple[str, ...]:
    """Whoever is selected by a policy may do only what one of the policies that select it allows."""
    selecting = [p for p in policies if _selects(p, direction, subject)]
    rules = [rule for p in selecting for rule in p["spec"].get(direction.lower()) or ()]
    side = "from" if direction == "Ingress" else "to"
    for rule in rules:
        peers = rule.get(side) or ()
        if peers and not any(_is_peer(peer, other, subject.namespace) for peer in peers):
            continue
        ports = rule.get("ports") or ()
        if not ports or any(_is_port(allowed, asked) for allowed in ports):
            return ()
    return tuple(f"{p['metadata']['namespace']}/{p['metadata']['name']}" for p in selecting)


def _selects(policy: Object, direction: Direction, subject: Peer) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or ("Ingress", *(("Egress",) if spec.get("egress") else ()))
    return (
        direction in types
        and policy["metadata"]["namespace"] == subject.namespace
        and matches(spec.get("podSelector") or {}, subject.labels)
    )


def _is_peer(peer: Object, other: Peer, namespace: str) -> bool:
    if block := peer.get("ipBlock"):
        return _within(other.address, block["cidr"]) and not any(
            _within(other.address, cidr) for cidr in block.get("except") or ()
        )
    if not other.namespace:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"] or {}, other.namespace_labels):
            return False
    elif other.namespace != namespace:
        return False
    return matches(peer.get("podSelector") or {}, other.labels)


def _within(address: str, cidr: str) -> bool:
    return ip_address(address) in ip_network(cidr, strict=False)


def _is_port(allowed: Object, asked: _Asked) -> bool:
    if allowed.get("protocol", "TCP") != asked.protocol:
        return False
    wanted = allowed.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return asked.target.named_ports.get((wanted, asked.protocol)) == asked.port
    return int(wanted) <= asked.port <= int(allowed.get("endPort") or wanted)
