"""A pod's network, hostname and IPC, made by the agent."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from drydock.node.island import DNS_ADDRESS
from drydock.node.isolation import netlink
from drydock.node.isolation.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWUTS,
    setns,
    unshare,
)

_KINDS = {"net": CLONE_NEWNET, "ipc": CLONE_NEWIPC, "uts": CLONE_NEWUTS}
_PODS = ("127.77.0.0", "255.255.0.0")
_DOOR = (
    1  # the port, on 127.0.0.1, that all redirected connections come to; nobody's app listens there
)


class Spaces:
    """The namespaces that the containers of one pod share, held open."""

    def __init__(self) -> None:
        """Of the calling process."""
        self.descriptors = {
            kind: os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in _KINDS
        }

    def enter(self) -> None:
        for kind, descriptor in self.descriptors.items():
            setns(descriptor, _KINDS[kind])

    def close(self) -> None:
        for descriptor in self.descriptors.values():
            os.close(descriptor)

    @contextmanager
    def visit(self, home: "Spaces") -> Iterator[None]:
        setns(self.descriptors["net"], CLONE_NEWNET)
        try:
            yield
        finally:
            setns(home.descriptors["net"], CLONE_NEWNET)


def make(ip: str, hostname: str, home: Spaces) -> tuple[Spaces, list[socket.socket]]:
    """With the sockets of its island: `redirected`, and `names` by UDP and TCP. The caller is back `home` after it."""
    unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    try:
        socket.sethostname(hostname)
        netlink.route(netlink.link_up(), netlink.address(ip), netlink.everything_is_local(ip))
        netlink.netfilter(netlink.redirection(ip, DNS_ADDRESS, _PODS, _DOOR))
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w", encoding="ascii") as file:
            file.write("0")
        return Spaces(), _sockets()
    finally:
        home.enter()


def _sockets() -> list[socket.socket]:
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((DNS_ADDRESS, 53))
    names.settimeout(0)
    return [_listener("127.0.0.1", _DOOR), names, _listener(DNS_ADDRESS, 53)]


def _listener(ip: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((ip, port))
    listener.listen(512)
    listener.settimeout(0)
    return listener
