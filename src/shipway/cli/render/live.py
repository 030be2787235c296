"""The view for a person at a terminal: one line per stage that moves until it has ended."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shipway.cli.render import text
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.revision import Revision
from shipway.model.status import Row
from shipway.pipeline.events import (
    Event,
    Line,
    Progress,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
)


class Live:
    """Ended stages stand still above, running ones spin below with the last thing they said."""

    def __init__(self, runs: Path, *, verbose: bool = False) -> None:
        self._console = Console(highlight=False, markup=False)
        self._errors = Console(stderr=True, highlight=False, markup=False)
        self._runs = runs
        self._verbose = verbose
        self._run = ""
        self._width = 0
        self._running: dict[str, _Running] = {}
        self._lines: dict[str, list[str]] = {}
        self._failed: list[StageFinished] = []
        self._view = RichLive(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=12,
            transient=True,
        )

    def event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._run = event.run
                self._width = max(len(stage) for stage in event.stages)
                self._console.print(Text(f"{event.verb} on {event.target}", style="bold"))
                self._view.start()
            case StageStarted():
                self._running[event.stage] = _Running(event.stage)
                self._lines[event.stage] = []
            case Line() | Progress():
                self._running[event.stage].said = event.text
                if isinstance(event, Line):
                    self._lines[event.stage].append(event.text)
            case StageFinished():
                self._stage(event)
            case RunFinished():
                self._end(event)

    def status(self, rows: Sequence[Row]) -> None:
        self._console.print(text.status_table(rows))

    def history(self, revisions: Sequence[Revision]) -> None:
        self._console.print(text.history_table(revisions))

    def note(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def checks(self, checks: Sequence[Check]) -> None:
        for line in text.check_lines(checks):
            self._console.print(line)

    def error(self, error: ShipwayError) -> None:
        self.close()
        for line in text.error_lines(error):
            self._errors.print(line, soft_wrap=True)

    def close(self) -> None:
        self._view.stop()

    def _stage(self, event: StageFinished) -> None:
        self._running.pop(event.stage, None)
        line = text.stage_line(event, self._width)
        self._console.print(Text(line, style=text.STYLES[event.ending]), soft_wrap=True)
        if self._verbose:
            for each in self._lines.get(event.stage, []):
                self._console.print(Text(f"  | {each}", style="dim"), soft_wrap=True)
        if event.ending == "failed":
            self._failed.append(event)

    def _end(self, event: RunFinished) -> None:
        self._view.stop()
        self._console.print(Text(f"{event.ending} in {event.seconds:.1f} s", style="bold"))
        for failed in self._failed:
            for line in text.failure(failed, str(self._runs / self._run)):
                self._errors.print(line, soft_wrap=True)

    def _draw(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        for running in self._running.values():
            seconds = f"{time.monotonic() - running.since:.1f} s"
            name = Text(f"{running.stage:<{self._width}} {seconds:>7} ")
            said = Text(running.said, style="dim", no_wrap=True, overflow="ellipsis")
            grid.add_row(running.spinner, name, said)
        return grid


class _Running:
    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.since = time.monotonic()
        self.said = ""
        self.spinner = Spinner("dots", style="cyan")
