"""Pod addresses on loopback: one per pod, of this machine's 127.77.0.0/16."""

import random
import socket

_CLAIM_PORT = 47_077  # UDP; holding it claims the address among all drydocks of this machine


class NoAddress(Exception):
    """The machine does not let us bind 127.77.x.y."""


class Address:
    """A claimed address, free again when released or when this process dies."""

    def __init__(self, ip: str, claim: socket.socket) -> None:
        self.ip = ip
        self._claim = claim

    def release(self) -> None:
        self._claim.close()


class Addresses:
    """Counts on from a random place, so that an address rests long before it is used again."""

    def __init__(self) -> None:
        self._next = random.randrange(256 * 254)  # noqa: S311  # spreads drydocks, guards nothing

    def claim(self) -> Address:
        for _ in range(256 * 254):
            third, fourth = divmod(self._next, 254)
            self._next = (self._next + 1) % (256 * 254)
            ip = f"127.77.{third}.{fourth + 1}"
            claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                claim.bind((ip, _CLAIM_PORT))
            except OSError as problem:
                claim.close()
                last = problem
                continue
            return Address(ip, claim)
        raise NoAddress(f"no address of 127.77.0.0/16 can be bound: {last}")
