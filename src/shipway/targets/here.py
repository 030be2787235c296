"""Our process as others may know it, and what our machine knows of theirs."""

import os
import socket
import uuid
from functools import cache
from pathlib import Path

import psutil

from shipway.model.lease import Holder
from shipway.model.record import By
from shipway.targets.living import BOOT, birth, lives

NAMESPACE = Path("/proc/self/ns/pid")  # Linux


def holder(by: By, doing: str) -> Holder:
    pid = os.getpid()
    return Holder(who=by.who, host=host(), run=by.run, pid=pid, born=birth(pid) or "", doing=doing)


@cache
def host() -> str:
    """Where a pid means one process: names are given twice, and each container counts its own."""
    if BOOT.exists():
        boot = BOOT.read_text(encoding="ascii")[:8]
        apart = f"{boot}.{NAMESPACE.stat().st_ino}" if NAMESPACE.exists() else boot
    else:
        apart = f"{uuid.getnode():x}"
    return f"{socket.gethostname()}/{apart}"


def dead(holder: Holder) -> bool:
    """Whether it was a process of our machine, and is no more. False where we cannot tell."""
    if holder.host != host() or lives(holder.pid, holder.born):
        return False
    # where /proc hides the processes of others (hidepid), that one is not to be seen means nothing
    return birth(holder.pid) is not None or not psutil.pid_exists(holder.pid)
