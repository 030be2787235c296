"""The view in a GitHub job: a group per stage, an annotation per failure, the summary, outputs for later jobs.

The commands are those of "Workflow commands for GitHub Actions"; their escapes are those of actions/toolkit.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from shipway.cli.render import markdown, text
from shipway.cli.render.plain import Plain
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.drift import Drift
from shipway.model.health import Health
from shipway.model.isolation import Isolation
from shipway.model.status import Row
from shipway.pipeline.events import Event, Note, RunFinished, RunStarted, StageFinished


class Github(Plain):
    """`summary` and `outputs` are the files that GitHub names for a step; None outside of one."""

    def __init__(self, runs: Path, *, summary: Path | None, outputs: Path | None) -> None:
        super().__init__(runs)
        self._summary = summary
        self._outputs = outputs
        self._begin: RunStarted | None = None
        self._ended: list[StageFinished] = []

    def event(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._begin = event
        super().event(event)

    def status(self, rows: Sequence[Row], isolation: Isolation | None = None) -> None:
        super().status(rows, isolation)
        _append(self._summary, markdown.status(rows))

    def checks(self, checks: Sequence[Check]) -> None:
        super().checks(checks)
        for check in checks:
            if not check.ok:
                tries = [f"try: {check.remedy}"] if check.remedy else []
                self._annotate(check.name, [check.found, *tries])

    def drift(self, found: Sequence[Drift]) -> None:
        """What is as released is a line, anything else an annotation with all that differs."""
        for drift in found:
            first, *rest = (str(line) for line in text.drift_lines([drift]))
            if drift.differences:
                title = drift.environment
                self._annotate(title, [first.removeprefix(f"✗ {title}: "), *rest])
            else:
                self._say(_inert(first))
        _append(self._summary, markdown.drift(found))

    def health(self, health: Health) -> None:
        """Healthy is a line, anything else an annotation with all that is known."""
        first, *rest = (str(line) for line in text.health_lines(health))
        if health.healthy:
            for line in (first, *rest):
                self._say(_inert(line))
        else:
            title = health.environment
            self._annotate(title, [first.removeprefix(f"✗ {title}: "), *rest])
        _append(self._summary, markdown.health(health))

    def error(self, error: ShipwayError) -> None:
        first, *rest = text.error_lines(error)
        self._annotate("shipway", [first.removeprefix("error: "), *rest])
        _append(self._summary, markdown.error(error))

    def _table(self, table: Table) -> None:
        """A cell that wraps could have its second line obeyed: what a pod said last is in some."""
        with self.console.capture() as printed:
            super()._table(table)
        for line in printed.get().splitlines():
            self._say(_inert(f"|{line}" if line.lstrip().startswith("::") else line))

    def _note(self, event: Note) -> None:
        self._say(_inert(text.note_line(event, self.width)))

    def _working(self, line: str) -> None:
        self._say(_inert(line))

    def _stage(self, event: StageFinished) -> None:
        line = text.stage_line(event, self.width)
        lines = self._lines.get(event.stage, [])
        if lines:
            self._say(f"::group::{_data(line)}")
            for each in lines:
                self._say(_inert(f"  | {each}"))
            self._say("::endgroup::")
        else:
            self._say(_inert(line))
        self._ended.append(event)
        _append(self._outputs, "".join(_assignments(event.outputs)))

    def _end(self, event: RunFinished) -> None:
        self._say(f"{event.ending} in {event.seconds:.1f} s")
        for stage in self._ended:
            if stage.ending == "failed":
                first, *rest = text.failure(stage, self._runs / self._run)
                title = f"{stage.stage} failed"
                self._annotate(title, [first.removeprefix(f"{title}: "), *rest])
        assert self._begin is not None
        _append(self._summary, markdown.run(self._begin, self._ended, event))

    def _annotate(self, title: str, lines: Sequence[str]) -> None:
        self._say(f"::error title={_property(title)}::{_data(chr(10).join(lines))}")

    def _say(self, line: str) -> None:
        self.console.print(Text(line))


def _assignments(outputs: Mapping[str, str]) -> Sequence[str]:
    """One line each: a value with a line break could set what it likes."""
    assert not any("\n" in value for value in outputs.values())
    return [f"{name}={value}\n" for name, value in outputs.items()]


def _append(file: Path | None, content: str) -> None:
    if file is not None and content:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(content)


def _inert(line: str) -> str:
    """A runner obeys `::` at a line's beginning, and `##[` anywhere: a pod's log must not command it."""
    return " ".join(line.splitlines()).replace("##[", "## [")


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
