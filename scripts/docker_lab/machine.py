"""What a machine must be for a lab, decided from facts about it."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

PACKAGES = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "containerd": "docker.io",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
}
"""The programs that a lab is made of, and who brings them."""

_RANGE = IPv4Network("10.208.0.0/12")


@dataclass(frozen=True, slots=True)
class Machine:
    system: str  # as uname says it
    distribution: str  # the ID of os-release
    suite: str  # bookworm
    uid: int


def obstacle(machine: Machine) -> str | None:
    if machine.system != "Linux" or machine.distribution != "debian":
        what = machine.distribution or machine.system
        return f"it is made of Debian's own packages, and this is {what}"
    if not machine.suite:
        return "os-release names no suite (VERSION_CODENAME)"
    if machine.uid != 0:
        return "it takes root to install and start an engine"
    return None


def wanting(here: Iterable[str]) -> tuple[str, ...]:
    """The packages to install, where these programs are here."""
    found = set(here)
    return tuple(dict.fromkeys(PACKAGES[name] for name in PACKAGES if name not in found))


def free_network(taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """A range for the bridge that hides no network this machine can reach."""
    reached = [network for network in taken if network.prefixlen > 0]
    return next(
        (
            candidate
            for candidate in _RANGE.subnets(new_prefix=24)
            if not any(candidate.overlaps(network) for network in reached)
        ),
        None,
    )


def this_machine(uid: int) -> Machine:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    suite = release.get("VERSION_CODENAME", "")
    return Machine(platform.system(), release.get("ID", ""), suite, uid)
