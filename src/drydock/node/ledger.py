"""The process groups that we started, on disk: whoever finds them after our sudden end can end them.

`drydock.node.ledger FOLDER` ends them; the watchdog runs it when drydock dies, and so does drydock's next start.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from drydock.birth import birth

MARK = "DRYDOCK_POD"
"""An environment variable of every pod's process: tells orphans from strangers when the leader is gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A process group: its leader's pid and birth, and the pod's uid."""

    pid: int
    birth: str
    pod: str


class Ledger:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, pid: int, pod: str) -> None:
        began = birth(pid)
        if began is None:
            return  # it has come and gone
        entry = Entry(pid, began, pod)
        (self._folder / str(pid)).write_text(json.dumps(asdict(entry)))

    def remove(self, pid: int) -> None:
        (self._folder / str(pid)).unlink(missing_ok=True)

    def reap(self) -> int:
        """End what is left of every group, at once and for good. How many processes that were."""
        ended = 0
        for path in self._folder.iterdir():
            try:
                entry = Entry(**json.loads(path.read_text()))
            except (ValueError, TypeError):
                path.unlink()  # half written: we died before the process began to matter
                continue
            for process in _members(entry):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    ended += 1
            path.unlink()
        return ended


def _members(entry: Entry) -> Iterator[psutil.Process]:
    """The kernel keeps a group's number while members live, so a leader of another age means that all are gone."""
    group = [p for p in psutil.process_iter() if _group(p.pid) == entry.pid]
    leader = next((p for p in group if p.pid == entry.pid), None)
    for process in group:
        with contextlib.suppress(psutil.Error):
            if leader is None:
                ours = process.environ().get(MARK) == entry.pod
            else:
                ours = birth(leader.pid) == entry.birth
            if ours:
                yield process


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Ledger(Path(sys.argv[1])).reap()
