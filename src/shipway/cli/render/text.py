"""Events, tables and errors as text: shared by the plain and the live view."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.drift import Drift
from shipway.model.health import Health
from shipway.model.history import Entry
from shipway.model.shelf import Item
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
STATUS = (
    *("environment", "revision", "tag", "bundle", "image digest", "ready", "proven", "state"),
    "url",
)
HISTORY = ("revision", "updated", "status", "tag", "bundle", "what", "by", "run")
BUNDLES = ("tag", "bundle", "commit", "built", "by", "proven in", "against it", "runs in")


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
    return _table(STATUS, [status_cells(row) for row in rows])


def status_cells(row: Row) -> tuple[str, ...]:
    """A row under the heads of STATUS."""
    return (
        row.environment,
        f"{row.revision} {row.status}" if row.revision else row.status,
        row.tag,
        short(row.bundle),
        " ".join(map(short, row.live)) or short(row.image_digest),
        f"{row.ready}/{row.replicas}",
        _whether(known=row.proven) if row.bundle else "",
        row.state,
        row.url,
    )


def history_table(entries: Sequence[Entry]) -> Table:
    return _table(HISTORY, [_history_cells(entry) for entry in entries])


def _history_cells(entry: Entry) -> tuple[str, ...]:
    what = [entry.what]
    what += [f"forced: {entry.forced}"] if entry.forced else []
    what += [f"quarantined: {entry.quarantined}"] if entry.quarantined else []
    return (
        str(entry.revision),
        moment(entry.updated),
        entry.status,
        entry.tag,
        short(entry.bundle),
        "\n".join(what),
        entry.who,
        entry.run,
    )


def bundles_table(items: Sequence[Item]) -> Table:
    return _table(BUNDLES, [_bundle_cells(item) for item in items])


def _bundle_cells(item: Item) -> tuple[str, ...]:
    against = [f"failed in {each}" for each in item.failed if each not in item.quarantined]
    against += [f"quarantined in {each}" for each in item.quarantined]
    return (
        item.tag if item.named else f"was {item.tag}",
        short(item.bundle),
        _commit(item.commit),
        moment(item.built),
        item.who,
        ", ".join(item.proven),
        ", ".join(against),
        "?" if item.runs is None else ", ".join(item.runs),
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Cells are text: what somebody wrote into a record is no markup."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        side: Literal["left", "right"] = "right" if head == "ready" else "left"
        # a URL in two halves is no URL
        table.add_column(head, overflow="fold", no_wrap=head == "url", justify=side)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _whether(*, known: bool | None) -> str:
    return {True: "yes", False: "no", None: "?"}[known]


def _commit(commit: str) -> str:
    """Its first digits, and whether the tree had changes."""
    head, dash, changed = commit.partition("-")
    return f"{head[:7]}{dash}{changed}"


def moment(told: str) -> str:
    """RFC 3339, to the second."""
    return told[:19].replace("T", " ")


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


def health_lines(health: Health, typed: Advice = str) -> list[Text]:
    """The cause in words, the next command, the proof; then what else was found, and where the evidence is."""
    mark, style = ("✓", "") if health.healthy else ("✗", "bold red")
    lines = []
    for finding in health.findings:
        lines.append(Text(f"{mark} {health.environment}: {finding.words}", style=style))
        if finding.remedy:
            lines.append(Text(f"  try: {typed(finding.remedy)}"))
        lines += [Text(f"  {line}") for line in finding.proof]
    lines += [Text(f"  {note}") for note in health.notes]
    if health.evidence:
        lines.append(Text(f"  evidence: {health.evidence}"))
    return lines


def drift_lines(found: Sequence[Drift], typed: Advice = str) -> list[Text]:
    lines = []
    for drift in found:
        mark, style = ("✗", "bold red") if drift.differences else ("✓", "")
        lines.append(Text(f"{mark} {drift}", style=style))
        lines += [Text(f"  {difference}") for difference in drift.differences]
        if drift.remedy:
            lines.append(Text(f"  try: {typed(drift.remedy)}"))
    return lines


def short(digest: str) -> str:
    """A digest's first 12 digits: the table is for eyes, `--output json` for programs."""
    return digest.removeprefix("sha256:")[:12]
