"""A run as a GitHub job shows it: its log, its summary, and what later jobs get."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shipway.cli.render.github import Github
from shipway.errors import ShipwayError
from shipway.model.check import Check
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

BUNDLE = f"sha256:{'ab' * 32}"
STAGES = ("build", "push", "deploy dev")
ROW, NOTHING = deployed("dev"), not_deployed("prod")


@dataclass(eq=False)
class Refused(ShipwayError):
    @property
    def problem(self) -> str:
        return "50% of the pods, no more"

    @property
    def remedy(self) -> str:
        return "shipway rollback dev"

    @property
    def details(self) -> tuple[str, ...]:
        return ("first proof", "second proof")


class Job:
    """One step of a job: what it prints, and the files that GitHub gives it."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.summary_file = folder / "summary"
        self.outputs_file = folder / "outputs"
        self._capture = capture
        self.view = Github(
            folder / ".shipway" / "runs", summary=self.summary_file, outputs=self.outputs_file
        )

    def play(self, events: Sequence[Event]) -> None:
        for event in events:
            self.view.event(event)
        self.view.close()

    @property
    def log(self) -> list[str]:
        read = self._capture.readouterr()
        assert read.err == ""
        return [line.rstrip() for line in read.out.splitlines()]

    @property
    def summary(self) -> str:
        return self.summary_file.read_text(encoding="utf-8")

    @property
    def outputs(self) -> str:
        return self.outputs_file.read_text(encoding="utf-8")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    monkeypatch.chdir(tmp_path)
    return Job(tmp_path, capsys)


GOOD = (
    RunStarted("20260102T030405-1", "build", "eks", STAGES),
    StageStarted("build"),
    Progress("build", "half of it"),
    Line("build", "layer 1"),
    Line("build", "layer 2"),
    StageFinished("build", "done", "image sha256:0123", 1.25),
    StageFinished("push", "unchanged", "is there", 0.5, outputs={"bundle": BUNDLE, "tag": "v1"}),
    RunFinished("done", 1.75),
)


def test_the_lines_of_a_stage_are_folded_below_its_end(job: Job) -> None:
    job.play(GOOD)
    assert job.log == [
        "build on eks",
        "::group::✓ build        1.2 s  image sha256:0123",
        "  | layer 1",
        "  | layer 2",
        "::endgroup::",
        "= push         0.5 s  is there",
        "done in 1.8 s",
    ]


def test_what_a_stage_hands_on_is_an_output_of_the_step(job: Job) -> None:
    job.play(GOOD)
    assert job.outputs == f"bundle={BUNDLE}\ntag=v1\n"


def test_the_summary_is_a_table_of_the_stages(job: Job) -> None:
    job.play(GOOD)
    assert job.summary == (
        "### build on eks: done in 1.8 s\n"
        "\n"
        "|  | stage | seconds | what |\n"
        "| --- | --- | --- | --- |\n"
        "| ✓ | build | 1.2 | image sha256:0123 |\n"
        "| = | push | 0.5 | is there |\n"
        "\n"
    )


FAILED = (
    RunStarted("20260102T030405-1", "deploy", "eks", STAGES),
    StageFinished(
        "deploy dev",
        "failed",
        "0 of 2 pods: 100% crash, exit code 1",
        1.5,
        details=("Traceback:", "```", "  no database | none", "```"),
        remedy="shipway rollback dev",
    ),
    StageFinished("helm-test dev", "skipped", "not reached", 0.0),
    RunFinished("failed", 1.5),
)


def test_a_failure_is_an_annotation_with_everything_that_is_known(job: Job) -> None:
    job.play(FAILED)
    assert job.log == [
        "deploy on eks",
        "✗ deploy dev   1.5 s  0 of 2 pods: 100% crash, exit code 1",
        "· helm-test dev          not reached",
        "failed in 1.5 s",
        "::error title=deploy dev failed::0 of 2 pods: 100%25 crash, exit code 1"
        "%0A  Traceback:%0A  ```%0A    no database | none%0A  ```"
        "%0A  try: shipway rollback dev"
        "%0A  all of it: .shipway/runs/20260102T030405-1",
    ]
    assert not job.outputs_file.exists()


def test_a_failure_stands_below_the_table_with_its_proof_as_it_was(job: Job) -> None:
    job.play(FAILED)
    assert job.summary == (
        "### deploy on eks: failed in 1.5 s\n"
        "\n"
        "|  | stage | seconds | what |\n"
        "| --- | --- | --- | --- |\n"
        "| ✗ | deploy dev | 1.5 | 0 of 2 pods: 100% crash, exit code 1 |\n"
        "\n"
        "**deploy dev failed: 0 of 2 pods: 100% crash, exit code 1**\n"
        "\n"
        "````text\n"
        "Traceback:\n"
        "```\n"
        "  no database | none\n"
        "```\n"
        "````\n"
        "\n"
        "try: shipway rollback dev\n"
        "\n"
    )


def test_a_cancelled_run_says_so_in_its_summary(job: Job) -> None:
    job.play(
        [
            RunStarted("20260102T030405-1", "deploy", "eks", STAGES),
            StageFinished("deploy dev", "cancelled", "stopped", 3.0),
            RunFinished("cancelled", 3.0),
        ]
    )
    assert job.log == ["deploy on eks", "■ deploy dev   3.0 s  stopped", "cancelled in 3.0 s"]
    assert job.summary.startswith("### deploy on eks: cancelled in 3.0 s\n")


def test_the_log_of_a_pod_cannot_command_the_runner(job: Job) -> None:
    """A runner obeys a line that begins with `::`, spaces or not, and `##[` anywhere in it."""
    job.play(
        [
            RunStarted("20260102T030405-1", "deploy", "eks", STAGES),
            Line("deploy dev", "::add-mask::dev"),
            Line("deploy dev", "  ::error::not ours"),
            Line("deploy dev", "x ##[add-matcher]y"),
            Line("deploy dev", "over\r::error::not ours"),
            StageFinished("deploy dev", "done", "fine\n::error::not ours", 0.5),
            StageFinished("push", "done", "##[error]not ours\n::error::not ours", 0.5),
            RunFinished("done", 1.0),
        ]
    )
    assert job.log == [
        "deploy on eks",
        "::group::✓ deploy dev   0.5 s  fine%0A::error::not ours",
        "  | ::add-mask::dev",
        "  |   ::error::not ours",
        "  | x ## [add-matcher]y",
        "  | over ::error::not ours",
        "::endgroup::",
        "✓ push         0.5 s  ## [error]not ours ::error::not ours",
        "done in 1.0 s",
    ]


def test_a_summary_shows_text_as_text(job: Job) -> None:
    job.play(
        [
            RunStarted("20260102T030405-1", "deploy", "eks", STAGES),
            StageFinished("push", "done", "a | b <img> [x](http://y) `c` _d_\n| new | row |", 0.5),
            RunFinished("done", 1.0),
        ]
    )
    assert job.summary.splitlines()[4] == (
        r"| ✓ | push | 0.5 | a \| b \<img\> \[x\](http://y) \`c\` \_d\_ \| new \| row \| |"
    )


def test_the_environments_follow_in_log_and_summary(job: Job) -> None:
    job.view.status([ROW, NOTHING])
    assert [" ".join(line.split()) for line in job.log if line.strip(" ─")] == [
        "environment revision tag bundle image digest ready proven state url",
        "dev 2 deployed v1 aa 0123456789ab 1/1 yes as released http://dev.sample-app.local:8480",
        "prod not deployed 0/0 not deployed",
    ]
    assert job.summary == (
        "| environment | revision | tag | bundle | image digest | ready | proven | state | url |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| dev | 2 deployed | v1 | aa | 0123456789ab | 1/1 | yes | as released "
        "| http://dev.sample-app.local:8480 |\n"
        "| prod | not deployed |  |  |  | 0/0 |  | not deployed |  |\n"
        "\n"
    )


def test_a_cell_that_wraps_commands_nothing(job: Job) -> None:
    job.view.status([replace(ROW, state="failed: it said\n::error::not ours ##[add-matcher]y")])
    (line,) = [line.strip() for line in job.log if "not ours" in line]
    assert line.startswith("|")
    assert line.endswith("::error::not ours ## [add-matcher]y")


def test_an_error_outside_of_a_run_is_told_in_both(job: Job) -> None:
    job.view.error(Refused())
    assert job.log == [
        "::error title=shipway::50%25 of the pods, no more"
        "%0A  first proof%0A  second proof%0A  try: shipway rollback dev"
    ]
    assert job.summary == (
        "**50% of the pods, no more**\n"
        "\n"
        "```text\n"
        "first proof\n"
        "second proof\n"
        "```\n"
        "\n"
        "try: shipway rollback dev\n"
        "\n"
    )


def test_a_check_that_failed_is_an_annotation(job: Job) -> None:
    job.view.checks(
        [
            Check("helm", ok=True, found="4.2.3"),
            Check("gate: production, prod", ok=False, found="no reviewers", remedy="add one"),
        ]
    )
    assert job.log == [
        "✓ helm         4.2.3",
        "✗ gate: production, prod no reviewers",
        "  try: add one",
        "::error title=gate%3A production%2C prod::no reviewers%0Atry: add one",
    ]


def test_outside_of_github_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view = Github(tmp_path, summary=None, outputs=None)
    for event in GOOD:
        view.event(event)
    view.status([ROW])
    assert "done in 1.8 s" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
