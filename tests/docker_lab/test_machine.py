"""Which machine can have a lab, and what it lacks."""

from ipaddress import IPv4Network

import pytest
from docker_lab.machine import Machine, free_network, obstacle, wanting

DEBIAN = Machine("Linux", "debian", "bookworm", 0)


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (DEBIAN, None),
        (
            Machine("Linux", "fedora", "", 0),
            "it is made of Debian's own packages, and this is fedora",
        ),
        (Machine("Darwin", "", "", 0), "it is made of Debian's own packages, and this is Darwin"),
        (Machine("Linux", "debian", "", 0), "os-release names no suite (VERSION_CODENAME)"),
        (
            Machine("Linux", "debian", "bookworm", 1000),
            "it takes root to install and start an engine",
        ),
    ],
)
def test_a_machine_that_cannot_is_told_why(machine: Machine, reason: str | None) -> None:
    assert obstacle(machine) == reason


def test_only_what_is_not_here_is_installed_and_each_package_once() -> None:
    every = {"docker", "dockerd", "containerd", "mmdebstrap", "ip"}
    assert wanting(every) == ()
    assert wanting(name for name in ("docker", "ip")) == ("docker.io", "mmdebstrap")
    assert wanting([]) == ("docker.io", "mmdebstrap", "iproute2")


def test_the_bridge_takes_a_network_that_nobody_reaches() -> None:
    default = IPv4Network("0.0.0.0/0")
    assert free_network([default]) == IPv4Network("10.208.0.0/24")
    assert free_network([IPv4Network("10.208.0.0/16")]) == IPv4Network("10.209.0.0/24")
    assert free_network([IPv4Network("10.208.0.7/32")]) == IPv4Network("10.208.1.0/24")
    assert free_network([IPv4Network("10.0.0.0/8")]) is None
