"""Lines for logs and pipes: each stage tells its end in one line, and its output only when it fails."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from shipway.cli.render import text
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.revision import Revision
from shipway.model.status import Row
from shipway.pipeline.events import (
    Event,
    Line,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
)


class Plain:
    """`verbose` shows the lines of every stage, together, when the stage has ended."""

    def __init__(self, runs: Path, *, verbose: bool = False) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True, markup=False)
        self._errors = Console(file=sys.stderr, highlight=False, soft_wrap=True, markup=False)
        self._runs = runs
        self._verbose = verbose
        self._run = ""
        self._width = 0
        self._lines: dict[str, list[str]] = {}
        self._failed: list[StageFinished] = []

    def event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._run = event.run
                self._width = max(len(stage) for stage in event.stages)
                self._print(f"{event.verb} on {event.target}, run {event.run}")
            case StageStarted():
                self._lines[event.stage] = []
            case Line():
                self._lines[event.stage].append(event.text)
            case StageFinished():
                self._stage(event)
            case RunFinished():
                self._end(event)
            case _:
                pass  # progress is for eyes

    def status(self, rows: Sequence[Row]) -> None:
        self._console.print(text.status_table(rows))

    def history(self, revisions: Sequence[Revision]) -> None:
        self._console.print(text.history_table(revisions))

    def note(self, text: str) -> None:
        self._print(text)

    def checks(self, checks: Sequence[Check]) -> None:
        for line in text.check_lines(checks):
            self._console.print(line)

    def error(self, error: ShipwayError) -> None:
        for line in text.error_lines(error):
            self._errors.print(line)

    def close(self) -> None:
        """Nothing is open."""

    def _stage(self, event: StageFinished) -> None:
        self._print(text.stage_line(event, self._width))
        if self._verbose:
            for line in self._lines.get(event.stage, []):
                self._print(f"  | {line}")
        if event.ending == "failed":
            self._failed.append(event)

    def _end(self, event: RunFinished) -> None:
        self._print(f"{event.ending} in {event.seconds:.1f} s")
        for failed in self._failed:
            for line in text.failure(failed, str(self._runs / self._run)):
                self._errors.print(line)

    def _print(self, line: str) -> None:
        self._console.print(line)
