"""The journal keeps what matters, line by line, and a stage's output beside it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.model.lease import Holder
from shipway.pipeline.events import Line, Progress, RunFinished, RunStarted, StageFinished
from shipway.pipeline.journal import KEPT, Account, Journal, read, run_id
from shipway.pipeline.stage import Say


def process(run: str) -> Holder:
    return Holder("alice on laptop", "laptop/1.1", run, 11, "1/1", "run")


def begun(runs: Path, run: str, *, dead: bool = True) -> Journal:
    return Journal(runs, process(run), lambda _: dead)


def test_events_are_lines_of_json_and_output_is_a_file_per_stage(tmp_path: Path) -> None:
    journal = begun(tmp_path, "20260101T000000-1")
    journal.write(RunStarted("20260101T000000-1", "run", "embedded", ("deploy dev",)))
    journal.write(Line("deploy dev", "release upgraded"))
    journal.write(Progress("deploy dev", "1 of 2"))
    journal.write(StageFinished("deploy dev", "done", "revision 1", 0.5))
    journal.close()
    lines = (journal.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["event"] for record in records] == ["Process", "RunStarted", "StageFinished"]
    assert records[2]["summary"] == "revision 1"
    assert {"at", "pid"} <= records[0].keys()
    assert (journal.folder / "deploy-dev.log").read_text() == "release upgraded\n"


def test_an_effect_stands_in_the_journal_before_and_after_it(tmp_path: Path) -> None:
    journal = begun(tmp_path, "run")
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
        ("Process", None),
        ("EffectBegun", "bundle"),
        ("EffectBegun", "image tag"),
        ("Note", "it is there already"),
        ("EffectDone", "image tag"),
    ]


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        begun(tmp_path, f"2026-{number:04}").close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == [f"2026-{number:04}" for number in range(5, KEPT + 5)]


def test_a_run_that_may_live_keeps_its_journal(tmp_path: Path) -> None:
    begun(tmp_path, "2025-unknown").close()
    finished = begun(tmp_path, "2025-finished")
    finished.write(RunFinished("done", 1.0))
    finished.close()
    begun(tmp_path, "2025-silent").close()
    os.utime(tmp_path / "2025-silent" / "journal.jsonl", (0, 0))
    for number in range(KEPT):
        begun(tmp_path, f"2026-{number:04}", dead=False).close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["2025-unknown", *(f"2026-{number:04}" for number in range(KEPT))]


def test_a_journal_tells_where_its_run_stopped(tmp_path: Path) -> None:
    journal = begun(tmp_path, "run")
    deploy, test = Say("deploy dev", journal.write), Say("helm-test dev", journal.write)
    told = []

    def note() -> None:
        account = read(journal.folder)
        assert account
        assert account.holder == process("run")
        told.append(str(account))

    note()
    with deploy.effect("lease"):
        pass
    note()
    with pytest.raises(RuntimeError), deploy.effect("rollout"):
        raise RuntimeError
    note()
    journal.write(StageFinished("deploy dev", "failed", "no", 1.0))
    note()
    with test.effect("helm test"), deploy.effect("heal"):
        note()
    journal.write(RunFinished("failed", 2.0))
    note()
    journal.close()
    assert told == [
        "killed",
        "killed after lease",
        "killed during rollout",
        "killed after lease",
        "killed during heal",
        "which ended: failed",
    ]


def test_a_journal_that_stops_in_the_middle_of_a_line_is_read(tmp_path: Path) -> None:
    journal = begun(tmp_path, "run")
    with Say("push", journal.write).effect("bundle"):
        pass
    journal.close()
    file = journal.folder / "journal.jsonl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.rindex('"effect"')], encoding="utf-8")
    assert read(journal.folder) == Account(process("run"), "", "bundle", "")
    file.write_text("", encoding="utf-8")
    assert read(journal.folder) == Account(None, "", "", "")


def test_where_there_is_no_journal_nothing_is_known(tmp_path: Path) -> None:
    assert read(tmp_path / "elsewhere") is None


def test_a_run_s_id_sorts_by_time() -> None:
    early, late = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    assert run_id(early) < run_id(late)
    assert run_id(early).startswith("20260102T000000-")
