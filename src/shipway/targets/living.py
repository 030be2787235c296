"""Whether a process that a file names still runs: a pid with a birth is one process, and a pid alone may be reused."""

from contextlib import suppress
from pathlib import Path

import psutil

BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux


def lives(pid: int, born: str) -> bool:
    """`born` is drydock's word for when, from its pid.json: `<boot id>/<ticks since then>`; elsewhere than on Linux,
    the time that psutil tells. Times of day would do only until somebody sets the clock.
    """
    found = _found(pid)
    return found is not None and found[0] != psutil.STATUS_ZOMBIE and found[1] == born


def birth(pid: int) -> str | None:
    """None when there is no such process, or none that we may see."""
    found = _found(pid)
    return found and found[1]


def _found(pid: int) -> tuple[str, str] | None:
    """Its state, where that is a zombie's, and its birth."""
    with suppress(FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return _of_linux(pid) if BOOT.exists() else _elsewhere(pid)
    return None


def _of_linux(pid: int) -> tuple[str, str]:
    """proc_pid_stat(5): the fields behind the program's name in parentheses; state is the 3rd, starttime the 22nd."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = text[text.rindex(")") + 1 :].split()
    boot = BOOT.read_text(encoding="ascii").strip()
    return psutil.STATUS_ZOMBIE if fields[0] == "Z" else "", f"{boot}/{fields[22 - 3]}"


def _elsewhere(pid: int) -> tuple[str, str]:
    process = psutil.Process(pid)
    return process.status(), repr(process.create_time())
