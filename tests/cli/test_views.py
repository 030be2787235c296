"""A whole run as each view shows it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from shipway.cli.render.json import Json
from shipway.cli.render.live import Live
from shipway.cli.render.plain import Plain
from shipway.cli.render.renderer import Renderer
from shipway.commands.command import Command
from shipway.model.check import Check
from shipway.model.history import Entry
from shipway.model.isolation import Isolation
from shipway.model.shelf import Item
from shipway.pipeline.events import (
    Event,
    Line,
    Progress,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
)
from shipway.testing.factories import deployed, not_deployed

RUN: tuple[Event, ...] = (
    RunStarted("20260102T030405-1", "run", "embedded", ("lint", "test", "deploy dev")),
    StageStarted("lint"),
    Line("lint", "all fine"),
    StageFinished("lint", "done", "ruff check . found nothing, on the host", 0.25),
    StageStarted("test"),
    Progress("test", "half of it"),
    StageFinished(
        "test",
        "failed",
        "pytest ended with exit code 1",
        1.5,
        details=("FAILED test_routes.py", "1 failed"),
        remedy="make test",
    ),
    StageFinished("deploy dev", "skipped", "not reached", 0.0),
    RunFinished("failed", 1.75),
)

ROWS = (deployed("dev"), not_deployed("prod"))
ENTRY = Entry(
    revision=3,
    updated="2026-01-02T03:04:05.6Z",
    status="failed",
    tag="v1",
    image="r@sha256:1",
    image_digest="sha256:1",
    chart_version="0.1.0",
    chart_digest="sha256:2",
    bundle="sha256:0123456789abcdef",
    description="rollout failed: a",
    what="failed: a",
    who="alice on laptop",
    run="20260102T030405-1",
    proven=False,
    forced="haste",
    quarantined="a",
)
ITEM = Item(
    tag="latest",
    named=True,
    bundle="sha256:0123456789abcdef",
    commit="61f2c0a2b5d94f0c7d7b1a5e3f0f1f6f1b0c9d8e-dirty",
    built="2026-01-02T03:04:05+00:00",
    who="alice on laptop",
    proven=("dev", "staging"),
    failed=("prod",),
    quarantined=(),
    approved=(),
    runs=("dev",),
)


class Heard:
    """What was printed so far, on both streams."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self._out = self._err = ""

    @property
    def lines(self) -> list[str]:
        self._read()
        return [line.rstrip() for line in self._out.splitlines()]

    @property
    def errors(self) -> list[str]:
        self._read()
        return [line.rstrip() for line in self._err.splitlines()]

    def _read(self) -> None:
        read = self._capture.readouterr()
        self._out += read.out
        self._err += read.err


@pytest.fixture
def heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Heard:
    monkeypatch.chdir(tmp_path)
    return Heard(capsys)


def words(lines: Sequence[str]) -> list[str]:
    """Of a table, without the space between its columns."""
    return [" ".join(line.split()) for line in lines if line.strip(" ─")]


def play(renderer: Renderer) -> None:
    for event in RUN:
        renderer.event(event)
    renderer.close()


def test_plain_tells_each_stage_in_a_line_and_a_failure_whole_at_the_end(
    heard: Heard, tmp_path: Path
) -> None:
    play(Plain(tmp_path / ".shipway" / "runs"))
    assert heard.lines == [
        "run on embedded",
        "✓ lint         0.2 s  ruff check . found nothing, on the host",
        "✗ test         1.5 s  pytest ended with exit code 1",
        "· deploy dev          not reached",
        "failed in 1.8 s",
    ]
    assert heard.errors == [
        "test failed: pytest ended with exit code 1",
        "  FAILED test_routes.py",
        "  1 failed",
        "  try: make test",
        "  all of it: .shipway/runs/20260102T030405-1",
    ]


def test_verbose_shows_the_lines_of_a_stage_together(heard: Heard, tmp_path: Path) -> None:
    play(Plain(tmp_path / ".shipway" / "runs", verbose=True))
    assert heard.lines[1:3] == [
        "✓ lint         0.2 s  ruff check . found nothing, on the host",
        "  | all fine",
    ]


def test_a_long_stage_tells_now_and_then_how_far_it_is(heard: Heard, tmp_path: Path) -> None:
    now = 0.0
    plain = Plain(tmp_path, clock=lambda: now)
    plain.event(RunStarted("r", "setup", "eks", ("deploy", "bootstrap")))
    plain.event(StageStarted("deploy"))
    for now in (1.0, 19.9, 20.0, 30.0, 39.9, 41.0):
        plain.event(Progress("deploy", f"{now} of 60"))
    assert heard.lines == [
        "setup on eks",
        "… deploy             20.0 of 60",
        "… deploy             41.0 of 60",
    ]


def test_live_ends_with_what_plain_says(heard: Heard, tmp_path: Path) -> None:
    play(Live(tmp_path / ".shipway" / "runs"))
    assert [line for line in heard.lines if line] == [
        "run on embedded",
        "✓ lint         0.2 s  ruff check . found nothing, on the host",
        "✗ test         1.5 s  pytest ended with exit code 1",
        "· deploy dev          not reached",
        "failed in 1.8 s",
    ]


def test_json_is_one_object_per_line_and_nothing_else(heard: Heard) -> None:
    play(Json())
    objects = [json.loads(line) for line in heard.lines]
    assert [each["event"] for each in objects] == [type(event).__name__ for event in RUN]
    assert {each["v"] for each in objects} == {1}
    assert objects[6] == {
        "v": 1,
        "event": "StageFinished",
        "stage": "test",
        "ending": "failed",
        "summary": "pytest ended with exit code 1",
        "seconds": 1.5,
        "details": ["FAILED test_routes.py", "1 failed"],
        "remedy": "make test",
        "traceback": None,
        "outputs": {},
    }
    assert heard.errors == []


def test_the_status_is_a_table_that_fits_its_content(heard: Heard, tmp_path: Path) -> None:
    Plain(tmp_path).status(ROWS)
    assert words(heard.lines) == [
        "environment revision tag bundle image digest ready proven state url",
        "dev 2 deployed v1 aa 0123456789ab 1/1 yes as released http://dev.sample-app.local:8480",
        "prod not deployed 0/0 not deployed",
    ]


def test_below_the_status_stands_how_pods_run_where_the_target_says_it(
    heard: Heard, tmp_path: Path
) -> None:
    because = "this machine does not allow user namespaces (Operation not permitted)"
    Plain(tmp_path).status(ROWS, Isolation(isolated=False, because=because))
    assert heard.lines[-1] == f" pods are not isolated: {because}"


def test_programs_get_the_rows_alone(heard: Heard) -> None:
    Json().status(ROWS, Isolation(isolated=True, because=""))
    assert [json.loads(line)["environment"] for line in heard.lines] == ["dev", "prod"]


def test_what_a_record_says_is_no_markup(heard: Heard, tmp_path: Path) -> None:
    Plain(tmp_path).history([replace(ENTRY, forced="[red]haste[/]", quarantined="")])
    assert "forced: [red]haste[/]" in heard.lines[-2]


def test_the_history_tells_what_happened_by_whom_and_what_is_held_against_it(
    heard: Heard, tmp_path: Path
) -> None:
    Plain(tmp_path).history([ENTRY])
    assert words(heard.lines)[1:] == [
        "3 2026-01-02 03:04:05 failed v1 0123456789ab failed: a alice on laptop 20260102T030405-1",
        "forced: haste",
        "quarantined: a",
    ]


def test_a_bundle_is_a_line_with_what_speaks_for_it_and_against_it(
    heard: Heard, tmp_path: Path
) -> None:
    Plain(tmp_path).bundles([ITEM, replace(ITEM, named=False, runs=None, proven=(), who="")])
    made = "0123456789ab 61f2c0a-dirty 2026-01-02 03:04:05"
    assert words(heard.lines)[1:] == [
        f"latest {made} alice on laptop dev, staging failed in prod dev",
        f"was latest {made} failed in prod ?",
    ]


def test_programs_get_every_field_of_a_bundle_and_of_an_entry(heard: Heard) -> None:
    Json().bundles([replace(ITEM, runs=None)])
    Json().history([ENTRY])
    bundle, entry = (json.loads(line) for line in heard.lines)
    assert bundle == {**asdict(ITEM), "proven": ["dev", "staging"], "failed": ["prod"]} | {
        "quarantined": [],
        "approved": [],
        "runs": None,
    }
    assert entry == asdict(ENTRY)


def test_checks_and_commands_are_lines(heard: Heard, tmp_path: Path) -> None:
    plain = Plain(tmp_path)
    plain.checks([Check("helm", ok=True, found="4.2.3"), Check("disk", False, "0.1 GB free", "rm")])
    plain.commands([Command(("curl", "-H", "Host: x", "http://localhost"))])
    assert heard.lines == [
        "✓ helm         4.2.3",
        "✗ disk         0.1 GB free",
        "  try: rm",
        "Look for yourself:",
        "  curl -H 'Host: x' http://localhost",
    ]
