"""The memory of a run: `.shipway/runs/<run id>/journal.jsonl`, one fsynced line per event that matters."""

import dataclasses
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from shipway.pipeline.events import Event, Line, Progress

KEPT = 30  # runs; older ones are removed when a new one begins


def run_id(now: datetime) -> str:
    """Sorts by time and is unique on this machine: `20261122T184948-4711`."""
    return f"{now:%Y%m%dT%H%M%S}-{os.getpid()}"


class Journal:
    """Lines of output go to one file per stage, unsynced: they are evidence, not state."""

    def __init__(self, runs: Path, run: str) -> None:
        self.folder = runs / run
        self.folder.mkdir(parents=True, mode=0o700)
        self._file = (self.folder / "journal.jsonl").open("a", encoding="utf-8")
        self._logs: dict[str, IO[str]] = {}
        for old in sorted(path for path in runs.iterdir() if path.is_dir())[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def write(self, event: Event) -> None:
        if isinstance(event, Progress):
            return
        if isinstance(event, Line):
            self._log(event.stage).write(event.text + "\n")
            return
        record = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "pid": os.getpid(),
            "event": type(event).__name__,
            **dataclasses.asdict(event),
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
