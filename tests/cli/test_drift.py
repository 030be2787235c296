"""What differs from a release, as each view shows it."""

import json
from pathlib import Path

import pytest

from shipway.cli.render.github import Github
from shipway.cli.render.json import Json
from shipway.cli.render.live import Live
from shipway.cli.render.plain import Plain
from shipway.model.drift import Difference, Drift
from shipway.tools.typed import Typed

FOUND = (
    Drift("dev", 4, "deployed", "v2", "sha256:ab", 9),
    Drift(
        "prod",
        *(2, "deployed", "v1", "sha256:cd", 9),
        (
            Difference("Service/app"),
            Difference("Deployment/app", ("spec", "replicas"), 1, 3, "kubectl"),
        ),
    ),
)
LINES = [
    "✓ dev: as released (revision 4, v2), 9 objects",
    "✗ prod: 2 differences from what was released (revision 2, v1), 9 objects",
    "  Service/app: is not there",
    "  Deployment/app spec.replicas: release says 1, live is 3 (kubectl)",
    "  try: shipway deploy --env prod --tag v1",
]


@pytest.mark.parametrize("view", [Plain, Live])
def test_a_person_reads_every_field(
    view: type[Plain], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view(tmp_path / "runs").drift(FOUND)
    here = Typed(tmp_path / "tools").advice(LINES[-1])
    assert capsys.readouterr().out.splitlines() == [*LINES[:-1], here]


def test_a_program_reads_values(capsys: pytest.CaptureFixture[str]) -> None:
    Json().drift(FOUND)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "environment": "dev",
            "revision": 4,
            "status": "deployed",
            "tag": "v2",
            "bundle": "sha256:ab",
            "objects": 9,
            "differences": [],
        },
        {
            "environment": "prod",
            "revision": 2,
            "status": "deployed",
            "tag": "v1",
            "bundle": "sha256:cd",
            "objects": 9,
            "differences": [
                {
                    "object": "Service/app",
                    "field": "",
                    "released": None,
                    "live": None,
                    "by": "",
                    "refused": "",
                },
                {
                    "object": "Deployment/app",
                    "field": "spec.replicas",
                    "released": 1,
                    "live": 3,
                    "by": "kubectl",
                    "refused": "",
                },
            ],
        },
    ]


def test_a_job_is_annotated_and_its_summary_has_all_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary"
    Github(tmp_path / "runs", summary=summary, outputs=None).drift(FOUND)
    assert capsys.readouterr().out.splitlines() == [
        LINES[0],
        "::error title=prod::2 differences from what was released (revision 2, v1), 9 objects"
        "%0A  Service/app: is not there"
        "%0A  Deployment/app spec.replicas: release says 1, live is 3 (kubectl)"
        "%0A  try: shipway deploy --env prod --tag v1",
    ]
    assert summary.read_text(encoding="utf-8") == (
        "dev: as released (revision 4, v2), 9 objects\n"
        "\n"
        "**prod: 2 differences from what was released (revision 2, v1), 9 objects**\n"
        "\n"
        "```text\n"
        "Service/app: is not there\n"
        "Deployment/app spec.replicas: release says 1, live is 3 (kubectl)\n"
        "```\n"
        "\n"
        "try: shipway deploy --env prod --tag v1\n"
        "\n"
    )
