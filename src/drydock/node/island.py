"""A pod's own network, as those who carry its traffic see it.

The network has no way out: loopback holds the pod's address, every other address is local too, and what the pod dials
is turned to `redirected`. Whoever holds these sockets is the pod's whole outside world.
"""

import socket
from typing import Protocol

DNS_ADDRESS = "10.96.0.10"


class Island(Protocol):
    """One pod's network namespace."""

    @property
    def ip(self) -> str:
        """The pod's address."""
        ...

    @property
    def redirected(self) -> socket.socket:
        """Listens for every TCP connection that the pod begins; SO_ORIGINAL_DST tells where it was to go."""
        ...

    @property
    def names(self) -> tuple[socket.socket, socket.socket]:
        """UDP, and listening TCP, at DNS_ADDRESS port 53."""
        ...

    def socket(self, type_: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """A fresh one of the pod's network, non-blocking; it may bind any address as its source."""
        ...
