"""What a program reads: one JSON object per line, in the shapes that docs/reference/json.md gives them."""

import re

import pytest

from shipway.testing.workbench import ROOT, Said, Workbench

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

REFERENCE = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")


def documented(text: str) -> list[str]:
    """The names in backticks; what stands in brackets explains, and names values."""
    return re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", text))


def answer_of(verb: str) -> list[str]:
    paragraph = REFERENCE.partition(f"`{verb}` prints one object per ")[2].partition("\n\n")[0]
    return documented(paragraph.partition(":")[2])


@pytest.fixture(scope="module")
def events() -> dict[str, list[str]]:
    """The documented fields of each event."""
    rows = re.findall(r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \| (.+) \|$", REFERENCE, re.MULTILINE)
    return {
        name: ["v", "event", *documented(fields)]
        for names, fields in rows
        for name in documented(names)
    }


def kinds(said: Said) -> list[str]:
    """Of each line what it is, in order, without repetition."""
    words = [
        row.get("event") or ("command" if "command" in row else "environment") for row in said.rows
    ]
    return [word for before, word in zip([None, *words], words, strict=False) if word != before]


async def test_every_line_of_a_run_is_an_event_a_row_or_a_command(
    bench: Workbench, events: dict[str, list[str]]
) -> None:
    said = await bench.shipway("run", "--env", "dev", "--tag", "v1", "--output", "json")
    assert (said.code, said.err) == (0, "")
    assert set(events) == {
        "RunStarted",
        "StageStarted",
        "Line",
        "Progress",
        "Note",
        "EffectBegun",
        "EffectDone",
        "StageFinished",
        "RunFinished",
    }
    for row in said.rows:
        if "event" in row:
            assert list(row) == events[row["event"]]
            assert row["v"] == 1
    assert kinds(said)[-3:] == ["RunFinished", "environment", "command"]
    assert said.rows[0]["event"] == "RunStarted"
    rows = [row for row in said.rows if "environment" in row]
    assert [(row["environment"], row["tag"], row["ready"]) for row in rows] == [("dev", "v1", 1)]
    assert len([row for row in said.rows if "command" in row]) == 3
    finished = {row["stage"]: row for row in said.rows if row.get("event") == "StageFinished"}
    assert list(said.rows[0]["stages"]) == sorted(finished, key=said.rows[0]["stages"].index)
    assert {row["ending"] for row in finished.values()} <= {"done", "unchanged"}


async def test_the_journal_holds_the_same_events_without_lines_and_progress(
    bench: Workbench, events: dict[str, list[str]]
) -> None:
    first, *rest = bench.journal
    assert list(first) == ["at", "pid", "event", "who", "host", "run", "born", "doing"]
    assert (first["event"], first["doing"]) == ("Process", "run")
    for record in rest:
        assert list(record) == ["at", "pid", *events[record["event"]][1:]]
        assert record["event"] not in {"Line", "Progress"}
    assert bench.journal[-1]["event"] == "RunFinished"


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("status", 3),
        ("history dev", 1),
        ("bundles", 1),
        ("diagnose dev", 1),
        ("doctor", None),
    ],
    ids=str,
)
async def test_an_answer_has_the_documented_fields(
    bench: Workbench, line: str, rows: int | None
) -> None:
    said = await bench.shipway(*line.split(), "--output", "json")
    assert (said.code, said.err) == (0, "")
    verb = line.replace("dev", "ENV")
    assert {tuple(row) for row in said.rows} == {tuple(answer_of(f"shipway {verb}"))}
    assert rows in {None, len(said.rows)}


async def test_a_stage_that_fails_tells_its_proof_and_what_to_do_in_its_event(
    bench: Workbench,
) -> None:
    said = await bench.shipway("deploy", "--tag", "v9", "--output", "json")
    assert (said.code, said.err) == (3, "")
    (failed,) = [row for row in said.rows if row.get("ending") == "failed" and "stage" in row]
    assert (failed["stage"], failed["summary"]) == (
        "resolve",
        f"{bench.registry.host}/sample-app holds no release v9; it holds v1",
    )
    assert failed["remedy"] == "shipway build --tag v9"
    assert said.rows[-1]["ending"] == "failed"


async def test_an_error_outside_of_a_stage_is_an_object_too(bench: Workbench) -> None:
    said = await bench.shipway("status", "--env", "qa", "--output", "json")
    assert (said.code, said.err) == (2, "")
    assert said.rows == [
        {
            "v": 1,
            "error": "there is no environment qa; there is dev, staging, prod",
            "details": [],
            "remedy": "--env dev",
            "exit_code": 2,
        }
    ]
