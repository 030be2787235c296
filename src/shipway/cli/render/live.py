"""The view for a person at a terminal: ended stages stand still, running ones spin below them."""

import time
from pathlib import Path

from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shipway.cli.render.plain import Plain
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


class Live(Plain):
    """The plain view, and below it what runs now with the last thing it said."""

    def __init__(self, runs: Path, *, verbose: bool = False) -> None:
        super().__init__(runs, verbose=verbose)
        self._running: dict[str, _Running] = {}
        self._view = RichLive(
            console=self.console,
            get_renderable=self._draw,
            refresh_per_second=12,
            transient=True,
        )

    def event(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._view.start()
            case StageStarted():
                self._running[event.stage] = _Running(event.stage)
            case Line() | Note() | Progress():
                self._running[event.stage].said = event.text
            case StageFinished():
                self._running.pop(event.stage, None)
            case RunFinished():
                self._view.stop()
        super().event(event)

    def close(self) -> None:
        self._view.stop()

    def _working(self, line: str) -> None:
        """The view below shows it already."""

    def _draw(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        for running in self._running.values():
            seconds = f"{time.monotonic() - running.since:.1f} s"
            name = Text(f"{running.stage:<{self.width}} {seconds:>7} ")
            said = Text(running.said, style="dim", no_wrap=True, overflow="ellipsis")
            grid.add_row(running.spinner, name, said)
        return grid


class _Running:
    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.since = time.monotonic()
        self.said = ""
        self.spinner = Spinner("dots", style="cyan")
