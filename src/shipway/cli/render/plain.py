"""Lines for logs and pipes: each stage tells its end in one line, its output only when it fails, and a long one
now and then how far it is.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from shipway.cli.render import text
from shipway.cli.render.reader import Window
from shipway.commands.command import Command
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.drift import Drift
from shipway.model.health import Health
from shipway.model.history import Entry
from shipway.model.isolation import Isolation
from shipway.model.shelf import Item
from shipway.model.status import Row
from shipway.pipeline.events import (
    Event,
    Line,
    Note,
    Progress,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
)
from shipway.tools.typed import Typed

PIPE_WIDTH = 160  # where no terminal says how wide a table may be
SILENCE = 20.0  # seconds that a stage may say nothing in


class Plain:
    """`verbose` shows the lines of every stage, together, when the stage has ended."""

    def __init__(
        self, runs: Path, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        width = None if sys.stdout.isatty() else PIPE_WIDTH
        self.console = Window(highlight=False, soft_wrap=True, width=width)
        self._errors = Window(stderr=True, highlight=False, soft_wrap=True)
        self._runs = runs
        self._typed = Typed(runs.parent / "tools").advice
        self._verbose = verbose
        self._run = ""
        self.width = 0
        self._lines: dict[str, list[str]] = {}
        self._failed: list[StageFinished] = []
        self._clock = clock
        self._heard: dict[str, float] = {}  # by stage: when it last said something

    def event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._run = event.run
                self.width = max(len(stage) for stage in event.stages)
                self.console.print(Text(text.first_line(event), style="bold"))
            case StageStarted():
                self._heard[event.stage] = self._clock()
            case Progress():
                self._progress(event)
            case Line():
                self._lines.setdefault(event.stage, []).append(event.text)
            case Note():
                self._note(event)
            case StageFinished():
                self._stage(event)
            case RunFinished():
                self._end(event)

    def status(self, rows: Sequence[Row], isolation: Isolation | None = None) -> None:
        self._table(text.status_table(rows))
        if isolation:
            self.console.print(Text(f" {isolation}"))

    def history(self, entries: Sequence[Entry]) -> None:
        self._table(text.history_table(entries))

    def bundles(self, items: Sequence[Item]) -> None:
        self._table(text.bundles_table(items))

    def drift(self, found: Sequence[Drift]) -> None:
        for line in text.drift_lines(found, self._typed):
            self.console.print(line)

    def note(self, text: str) -> None:
        self.console.print(Text(text))

    def commands(self, commands: Sequence[Command]) -> None:
        self.console.print(Text("Look for yourself:"))
        for command in commands:
            self.console.print(Text(f"  {command}"))

    def checks(self, checks: Sequence[Check]) -> None:
        for line in text.check_lines(checks, self._typed):
            self.console.print(line)

    def health(self, health: Health) -> None:
        for line in text.health_lines(health, self._typed):
            self.console.print(line)

    def error(self, error: ShipwayError) -> None:
        self.close()
        self._complain(text.error_lines(error, self._typed))

    def close(self) -> None:
        """Nothing is open."""

    def _table(self, table: Table) -> None:
        self.console.print(table)

    def _note(self, event: Note) -> None:
        self.console.print(Text(text.note_line(event, self.width), style="yellow"))

    def _progress(self, event: Progress) -> None:
        now = self._clock()
        if now - self._heard.get(event.stage, now) >= SILENCE:
            self._heard[event.stage] = now
            self._working(text.working_line(event, self.width))

    def _working(self, line: str) -> None:
        self.console.print(Text(line, style="dim"))

    def _stage(self, event: StageFinished) -> None:
        line = text.stage_line(event, self.width)
        self.console.print(Text(line, style=text.STYLES[event.ending]))
        if self._verbose:
            for each in self._lines.get(event.stage, []):
                self.console.print(Text(f"  | {each}", style="dim"))
        if event.ending == "failed":
            self._failed.append(event)

    def _end(self, event: RunFinished) -> None:
        self.console.print(Text(f"{event.ending} in {event.seconds:.1f} s", style="bold"))
        for failed in self._failed:
            self._complain(text.failure(failed, self._runs / self._run, self._typed))

    def _complain(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._errors.print(Text(line))
