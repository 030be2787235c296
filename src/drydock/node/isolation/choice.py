"""Which way pods run here: as asked for, or the best that this machine can."""

import os
import sys
import tempfile
from pathlib import Path

from drydock.home import Hindered, WantedNode
from drydock.node.blueprint import IDS
from drydock.node.folders import discard
from drydock.node.isolation.isolated import Isolated
from drydock.node.isolation.link import Link
from drydock.node.launch import Host
from drydock.node.loopback import Loopback
from drydock.node.process import Processes
from drydock.node.runtime import CannotIsolate, Mode, Runtime

_BASE = 1_900_000_000
"""The first of the host's users for containers, where drydock is root: far from what people and tools use."""

_ONE_USER = (
    "users: each container has one, and all its files are that user's; images that change their user need a drydock "
    "that root has started"
)
_LACKS = (
    "limits of cpu and of processes, and of memory between two looks: there are no cgroups",
    "hostNetwork, hostPath, privileged containers, shared process namespaces",
)


async def choose(
    wanted: WantedNode, home: Path, host: Host, python: Path, processes: Processes
) -> Runtime:
    """Begun, and to be stopped. Raises Hindered where isolated pods are wanted and impossible."""
    if wanted == "loopback":
        return Loopback(processes, host, "it was asked for")
    base = _BASE if _has_users() else None
    try:
        link = await _opened(home, processes, base)
    except CannotIsolate as hindrance:
        if wanted == "auto":
            return Loopback(processes, host, f"this machine does not allow {hindrance}")
        raise Hindered(
            f"this machine does not allow isolated pods: {hindrance}", "drydock up --node auto"
        ) from hindrance
    because = "this machine allows user namespaces" if wanted == "auto" else "it was asked for"
    lacks = _LACKS if base is not None else (_ONE_USER, *_LACKS)
    return Isolated(link, host, python, Mode("isolated", because, lacks), base)


def _has_users() -> bool:
    """Whether we may give containers users other than ourselves: as root, and not of a container ourselves."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    for name in ("uid_map", "gid_map"):
        lines = Path("/proc/self", name).read_text(encoding="ascii").splitlines()
        ranges = ((int(first), int(count)) for first, _, count in map(str.split, lines))
        if not any(first <= _BASE and first + count >= _BASE + IDS for first, count in ranges):
            return False
    return True


async def _opened(home: Path, processes: Processes, base: int | None) -> Link:
    """Raises CannotIsolate."""
    if sys.platform != "linux":
        raise CannotIsolate("namespaces: they are Linux's")
    trial = Path(tempfile.mkdtemp(prefix="trial-", dir=home))
    link = Link(processes, base)
    try:
        await link.open(trial)
    finally:
        discard(trial)
    return link
