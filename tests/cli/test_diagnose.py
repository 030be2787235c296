"""A diagnosis as each view shows it."""

import json
from pathlib import Path

import pytest

from shipway.cli.render.github import Github
from shipway.cli.render.json import Json
from shipway.cli.render.plain import Plain
from shipway.model.health import Finding, Health

FINE = Health("dev", healthy=True, findings=(Finding("serves v1: revision 1"),))
SICK = Health(
    environment="dev",
    healthy=False,
    findings=(
        Finding("50% of it crashes", "shipway rollback dev", ("pod web-1: Error", "  ##[group] x")),
        Finding("revision 2 (v2) is marked as failed"),
    ),
    notes=("revision 1 (v1) still serves, with 2 ready",),
    evidence="runs/1/evidence/dev",
)


def lines(capture: pytest.CaptureFixture[str]) -> list[str]:
    said = capture.readouterr()
    assert said.err == ""
    return [line.rstrip() for line in said.out.splitlines()]


def test_plain_says_the_cause_then_the_command_then_what_proves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Plain(tmp_path / "runs").health(SICK)
    assert lines(capsys) == [
        "✗ dev: 50% of it crashes",
        "  try: shipway rollback dev",
        "  pod web-1: Error",
        "    ##[group] x",
        "✗ dev: revision 2 (v2) is marked as failed",
        "  revision 1 (v1) still serves, with 2 ready",
        "  evidence: runs/1/evidence/dev",
    ]


def test_plain_says_in_a_line_what_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Plain(tmp_path / "runs").health(FINE)
    assert lines(capsys) == ["✓ dev: serves v1: revision 1"]


def test_a_program_gets_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    Json().health(SICK)
    (line,) = lines(capsys)
    assert json.loads(line) == {
        "environment": "dev",
        "healthy": False,
        "findings": [
            {
                "words": "50% of it crashes",
                "remedy": "shipway rollback dev",
                "proof": ["pod web-1: Error", "  ##[group] x"],
            },
            {"words": "revision 2 (v2) is marked as failed", "remedy": "", "proof": []},
        ],
        "notes": ["revision 1 (v1) still serves, with 2 ready"],
        "evidence": "runs/1/evidence/dev",
    }


def test_a_job_gets_an_annotation_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary"
    Github(tmp_path / "runs", summary=summary, outputs=None).health(SICK)
    assert lines(capsys) == [
        "::error title=dev::50%25 of it crashes%0A"
        "  try: shipway rollback dev%0A"
        "  pod web-1: Error%0A"
        "    ##[group] x%0A"
        "✗ dev: revision 2 (v2) is marked as failed%0A"
        "  revision 1 (v1) still serves, with 2 ready%0A"
        "  evidence: runs/1/evidence/dev"
    ]
    assert summary.read_text(encoding="utf-8") == (
        "**dev: 50% of it crashes**\n"
        "\n"
        "```text\n"
        "pod web-1: Error\n"
        "  ##[group] x\n"
        "```\n"
        "\n"
        "try: shipway rollback dev\n"
        "\n"
        "**dev: revision 2 (v2) is marked as failed**\n"
        "\n"
        "revision 1 (v1) still serves, with 2 ready\n"
        "\n"
        "evidence: runs/1/evidence/dev\n"
        "\n"
    )


def test_a_job_gets_a_line_of_what_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Github(tmp_path / "runs", summary=None, outputs=None).health(FINE)
    assert lines(capsys) == ["✓ dev: serves v1: revision 1"]
