"""The memory of a run: `.shipway/runs/<run id>/journal.jsonl`, one fsynced line per event that matters."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from shipway.model.lease import Holder
from shipway.pipeline.events import Event, Line, Progress

FILE = "journal.jsonl"
KEPT = 30  # runs; older ones are removed when a new one begins


def run_id(now: datetime) -> str:
    """Sorts by time and is unique on this machine: `20261122T184948-4711`."""
    return f"{now:%Y%m%dT%H%M%S}-{os.getpid()}"


class Journal:
    """Lines of output go to one file per stage, unsynced: they are evidence, not state."""

    def __init__(self, runs: Path, us: Holder, dead: Callable[[Holder], bool]) -> None:
        self.folder = runs / us.run
        self.folder.mkdir(parents=True, mode=0o700)
        self._file = (self.folder / FILE).open("a", encoding="utf-8")
        self._logs: dict[str, IO[str]] = {}
        self._write("Process", dataclasses.asdict(us))
        for old in sorted(path for path in runs.iterdir() if path.is_dir())[:-KEPT]:
            if not may_live(old, dead):
                shutil.rmtree(old, ignore_errors=True)

    def write(self, event: Event) -> None:
        if isinstance(event, Progress):
            return
        if isinstance(event, Line):
            self._log(event.stage).write(event.text + "\n")
            return
        self._write(type(event).__name__, dataclasses.asdict(event))

    def _write(self, event: str, said: dict[str, Any]) -> None:
        record = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "pid": os.getpid(),
            "event": event,
            **said,
        }
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _log(self, stage: str) -> IO[str]:
        if stage not in self._logs:
            path = self.folder / f"{stage.replace(' ', '-')}.log"
            self._logs[stage] = path.open("a", encoding="utf-8")
        return self._logs[stage]

    def close(self) -> None:
        for file in (self._file, *self._logs.values()):
            file.close()


@dataclass(frozen=True, slots=True)
class Account:
    """What a journal tells of its run."""

    holder: Holder | None  # None: it died before its first line was whole
    ending: str  # empty: it has not come to an end
    doing: str  # the effect that was begun last and not done: the world outside may have changed
    done: str  # the one that was done last

    def __str__(self) -> str:
        """How it ended, for who knows that it lives no more."""
        if self.ending:
            return f"which ended: {self.ending}"
        if self.doing:
            return f"killed during {self.doing}"
        return f"killed after {self.done}" if self.done else "killed"


def read(folder: Path) -> Account | None:
    """None where this machine has no journal of that run. Its last line may be half a one."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    holder, ending, done, begun = None, "", "", list[tuple[str, str]]()
    for line in text.splitlines():
        match _parsed(line):
            case {"event": "Process", **said}:
                holder = msgspec.convert(said, Holder)
            case {"event": "EffectBegun", "stage": stage, "effect": effect}:
                begun.append((stage, effect))
            case {"event": "EffectDone", "stage": stage, "effect": effect}:
                begun = [each for each in begun if each != (stage, effect)]
                done = effect
            case {"event": "StageFinished", "stage": stage}:  # what failed in it is told and over
                begun = [each for each in begun if each[0] != stage]
            case {"event": "RunFinished", "ending": ending}:
                pass
    return Account(holder, ending, begun[-1][1] if begun else "", done)


def may_live(folder: Path, dead: Callable[[Holder], bool]) -> bool:
    """`dead` says whether this machine knows that a process is no more. A day without a word is an end, too."""
    account = read(folder)
    if account is None or account.ending or account.holder is None or dead(account.holder):
        return False
    silent = datetime.now(UTC).timestamp() - (folder / FILE).stat().st_mtime
    return silent < 24 * 3600


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
