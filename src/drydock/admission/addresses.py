"""Cluster addresses for services."""

import hashlib
import ipaddress
from collections.abc import Collection
from typing import Final

SERVICE_RANGE: Final = ipaddress.IPv4Network("10.96.0.0/12")


def cluster_ip(namespace: str, name: str, taken: Collection[str]) -> str:
    """The same for the same service, unless somebody else has it; never the range's ends or its first ten."""
    reserved = 10
    usable = SERVICE_RANGE.num_addresses - reserved - 2
    seed = int.from_bytes(hashlib.sha256(f"{namespace}/{name}".encode()).digest()[:8])
    for step in range(usable):
        address = str(SERVICE_RANGE[reserved + 1 + (seed + step) % usable])
        if address not in taken:
            return address
    raise ValueError("the service range is used up")
