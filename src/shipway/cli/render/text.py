"""Events, tables and errors as text: shared by the plain and the live view."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.revision import Revision
from shipway.model.status import Row
from shipway.pipeline.events import Note, Progress, RunStarted, StageFinished

Advice = Callable[[str], str]
"""Spells a remedy's commands for whoever reads it; as they are where that is not known."""

MARKS = {"done": "✓", "unchanged": "=", "failed": "✗", "cancelled": "■", "skipped": "·"}
STYLES = {
    "done": "green",
    "unchanged": "cyan",
    "failed": "bold red",
    "cancelled": "yellow",
    "skipped": "dim",
}
STATUS = ("environment", "namespace", "revision", "tag", "image digest", "chart", "ready", "url")


def stage_line(event: StageFinished, width: int) -> str:
    """`✓ lint         0.2 s  ruff check . found nothing`."""
    seconds = "" if event.ending == "skipped" else f"{event.seconds:.1f} s"
    return f"{MARKS[event.ending]} {event.stage:<{width}} {seconds:>7}  {event.summary}"


def first_line(event: RunStarted) -> str:
    """`run on embedded: no Kind cluster is set up`; the reason only where nobody named the target."""
    return f"{event.verb} on {event.target}" + (f": {event.why}" if event.why else "")


def working_line(event: Progress, width: int) -> str:
    """`… deploy                stack dagger-demo-eks: 31 of 71 resources complete, 120 s`, below the summaries."""
    return f"… {event.stage:<{width}} {'':>7}  {event.text}"


def note_line(event: Note, width: int) -> str:
    """`! deploy prod           waits for alice on laptop`, below the summaries."""
    return f"! {event.stage:<{width}} {'':>7}  {event.text}"


def failure(event: StageFinished, folder: Path, typed: Advice = str) -> list[str]:
    """What follows a failed stage at the end of a run: its proof, what to type, where the rest is."""
    lines = [f"{event.stage} failed: {event.summary}"]
    lines += [f"  {line}" for line in event.details]
    if event.remedy:
        lines.append(f"  try: {typed(event.remedy)}")
    lines.append(f"  all of it: {os.path.relpath(folder)}")
    return lines


def error_lines(error: ShipwayError, typed: Advice = str) -> list[str]:
    """An error outside of a stage: problem, proof, remedy."""
    lines = [f"error: {error.problem}", *(f"  {line}" for line in error.details)]
    if error.remedy:
        lines.append(f"  try: {typed(error.remedy)}")
    return lines


def status_table(rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in STATUS:
        table.add_column(column, overflow="fold", justify="right" if column == "ready" else "left")
    for row in rows:
        table.add_row(*status_cells(row))
    return table


def status_cells(row: Row) -> tuple[str, ...]:
    """A row under the heads of STATUS."""
    return (
        row.environment,
        row.namespace,
        f"{row.revision} {row.status}" if row.revision else row.status,
        row.tag,
        short(row.image_digest),
        f"{row.chart_version} {short(row.chart_digest)}".strip(),
        f"{row.ready}/{row.replicas}",
        row.url,
    )


def history_table(revisions: Sequence[Revision]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("revision", "updated", "status", "tag", "image digest", "chart", "description"):
        table.add_column(column, overflow="fold")
    for revision in revisions:
        table.add_row(
            str(revision.number),
            revision.updated[:19].replace("T", " "),
            revision.status,
            revision.tag,
            short(revision.image_digest),
            f"{revision.chart_version} {short(revision.chart_digest)}".strip(),
            revision.description,
        )
    return table


def check_lines(checks: Sequence[Check], typed: Advice = str) -> list[Text]:
    lines = []
    for check in checks:
        mark, style = ("✓", "green") if check.ok else ("✗", "bold red")
        lines.append(
            Text(f"{mark} {check.name:<12} {check.found}", style=style if not check.ok else "")
        )
        if check.remedy and not check.ok:
            lines.append(Text(f"  try: {typed(check.remedy)}"))
    return lines


def short(digest: str) -> str:
    """A digest's first 12 digits: the table is for eyes, `--output json` for programs."""
    return digest.removeprefix("sha256:")[:12]
