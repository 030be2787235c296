"""How drydock runs pods, from its status, and what on this machine keeps it from isolating them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipway.model.isolation import Isolation

AGAIN = "shipway teardown embedded, then: shipway setup embedded"
ASKED = "it was asked for"  # in drydock's words
CONTAINERS = (".dockerenv", "run/.containerenv")  # files of Docker and of podman
SYSCTLS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu 24.04
    ("kernel.unprivileged_userns_clone", "0", "1"),  # older Debian
    ("user.max_user_namespaces", "0", "16384"),
)
"""Switches that forbid user namespaces: name, the value that does, and one that does not."""


def isolation(status: Mapping[str, Any], root: Path = Path("/")) -> Isolation:
    """`status` is drydock's; `root` is this machine's, where nobody names another."""
    because = status["node_because"]
    if status["node"] == "isolated":
        return Isolation(isolated=True, because=because)
    if because == ASKED:
        return Isolation(isolated=False, because=because, remedy=AGAIN)
    way = _way(root)
    return Isolation(isolated=False, because=because, remedy=way and f"{way}; {AGAIN}")


def _way(root: Path) -> str | None:
    if any((root / name).exists() for name in CONTAINERS):
        return "start this container with --privileged, or work outside of it"
    for name, forbids, allows in SYSCTLS:
        if _value(root / "proc" / "sys" / name.replace(".", "/")) == forbids:
            return f"sudo sysctl -w {name}={allows}"
    return None


def _value(path: Path) -> str:
    """Empty where this kernel has no such switch."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
