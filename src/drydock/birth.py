"""When a process began, told so that setting the clock does not change it: with it a pid means one process."""

import contextlib
from pathlib import Path

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux


def birth(pid: int) -> str | None:
    """None when there is no such process. Only to be compared: the clock behind it differs between systems."""
    if _BOOT.exists():
        return _since_boot(pid)
    with contextlib.suppress(psutil.NoSuchProcess):
        return repr(psutil.Process(pid).create_time())
    return None


def _since_boot(pid: int) -> str | None:
    """Field 22 of proc(5)'s stat, in ticks since this boot. psutil's create_time moves when the clock is set."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # the second field is a program's name: in parentheses, and with whatever it likes inside
    ticks = stat.rpartition(")")[2].split()[19]
    boot = _BOOT.read_text(encoding="ascii").strip()
    return f"{boot}/{ticks}"
