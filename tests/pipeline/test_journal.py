"""The journal keeps what matters, line by line, and a stage's output beside it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.pipeline.events import Line, Progress, RunStarted, StageFinished
from shipway.pipeline.journal import KEPT, Journal, run_id
from shipway.pipeline.stage import Say


def test_events_are_lines_of_json_and_output_is_a_file_per_stage(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "20260101T000000-1")
    journal.write(RunStarted("20260101T000000-1", "run", "embedded", ("deploy dev",)))
    journal.write(Line("deploy dev", "release upgraded"))
    journal.write(Progress("deploy dev", "1 of 2"))
    journal.write(StageFinished("deploy dev", "done", "revision 1", 0.5))
    journal.close()
    lines = (journal.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["event"] for record in records] == ["RunStarted", "StageFinished"]
    assert records[1]["summary"] == "revision 1"
    assert {"at", "pid"} <= records[0].keys()
    assert (journal.folder / "deploy-dev.log").read_text() == "release upgraded\n"


def test_an_effect_stands_in_the_journal_before_and_after_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "run")
    say = Say("push", journal.write)
    with pytest.raises(RuntimeError), say.effect("bundle"):
        raise RuntimeError
    with say.effect("image tag"):
        say.note("it is there already")
    journal.close()
    lines = (journal.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = [
        (found["event"], found.get("effect") or found.get("text"))
        for found in map(json.loads, lines)
    ]
    assert told == [
        ("EffectBegun", "bundle"),
        ("EffectBegun", "image tag"),
        ("Note", "it is there already"),
        ("EffectDone", "image tag"),
    ]


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        Journal(tmp_path, f"2026-{number:04}").close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == [f"2026-{number:04}" for number in range(5, KEPT + 5)]


def test_a_run_s_id_sorts_by_time() -> None:
    early, late = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    assert run_id(early) < run_id(late)
    assert run_id(early).startswith("20260102T000000-")
