"""Runs, rows and errors as Markdown, for a page that people read after a job."""

import re
from collections.abc import Sequence

from shipway.cli.render.text import MARKS, STATUS, status_cells
from shipway.errors import ShipwayError
from shipway.model.drift import Drift
from shipway.model.health import Health
from shipway.model.status import Row
from shipway.pipeline.events import RunFinished, RunStarted, StageFinished

SYNTAX = re.compile(r"([\\`*_\[\]<>|&~#])")
BACKTICKS = re.compile("`{3,}")


def run(begin: RunStarted, stages: Sequence[StageFinished], end: RunFinished) -> str:
    """A table of the stages, and below it what made one fail."""
    title = f"### {begin.verb} on {begin.target}: {end.ending} in {end.seconds:.1f} s"
    table = _table(
        ("", "stage", "seconds", "what"),
        [
            (MARKS[stage.ending], stage.stage, f"{stage.seconds:.1f}", stage.summary)
            for stage in stages
            if stage.ending != "skipped"
        ],
    )
    failures = [
        _failure(f"{stage.stage} failed: {stage.summary}", stage.details, stage.remedy)
        for stage in stages
        if stage.ending == "failed"
    ]
    return "\n\n".join([title, table, *failures]) + "\n\n"


def status(rows: Sequence[Row]) -> str:
    return _table(STATUS, [status_cells(row) for row in rows]) + "\n\n"


def drift(found: Sequence[Drift]) -> str:
    told = [
        _failure(str(drift), [str(each) for each in drift.differences], drift.remedy)
        if drift.differences
        else _inline(str(drift))
        for drift in found
    ]
    return "\n\n".join(told) + "\n\n"


def health(health: Health) -> str:
    findings = [
        _failure(f"{health.environment}: {each.words}", each.proof, each.remedy or None)
        for each in health.findings
    ]
    told = [*health.notes, *([f"evidence: {health.evidence}"] if health.evidence else [])]
    return "\n\n".join([*findings, *map(_inline, told)]) + "\n\n"


def error(error: ShipwayError) -> str:
    return _failure(error.problem, error.details, error.remedy) + "\n\n"


def _failure(problem: str, details: Sequence[str], remedy: str | None) -> str:
    parts = [f"**{_inline(problem)}**"]
    if details:
        parts.append(_block(details))
    if remedy:
        parts.append(f"try: {_inline(remedy)}")
    return "\n\n".join(parts)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header)]
    lines += [[_inline(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _block(lines: Sequence[str]) -> str:
    """The lines as they are: the fence is longer than any that they hold."""
    content = "\n".join(lines)
    longest = max((len(found) for found in BACKTICKS.findall(content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{content}\n{fence}"


def _inline(words: str) -> str:
    """Text that stays text, whatever a pod's last words were."""
    return SYNTAX.sub(r"\\\1", " ".join(words.split()))
