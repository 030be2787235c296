"""The shell lines of the workflows, run by the shell that GitHub uses, with a stand-in for shipway."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

HOSTILE = '"; touch harmed; echo $(touch harmed) `touch harmed` \'"'
STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > words
printf '%s\\n' "$$" > pid
"""
HELD = """#!/bin/sh
trap 'echo told > told; exit 130' INT
echo ready
while :; do sleep 0.05; done
"""


def put(folder: Path, text: str) -> None:
    program = folder / ".venv" / "bin" / "shipway"
    program.parent.mkdir(parents=True)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


async def begin(folder: Path, line: str, **env: str) -> asyncio.subprocess.Process:
    """As a runner does: the line in a file, `bash -e` on it."""
    script = folder / "step.sh"
    script.write_text(line + "\n", encoding="utf-8")
    return await asyncio.create_subprocess_exec(
        "bash",
        "-e",
        str(script),
        cwd=folder,
        env={"PATH": os.environ["PATH"], **env},
        stdout=asyncio.subprocess.PIPE,
    )


async def words(folder: Path, line: str, **env: str) -> list[str]:
    process = await begin(folder, line, **env)
    async with asyncio.timeout(45):
        assert await process.wait() == 0
    assert int((folder / "pid").read_text(encoding="utf-8")) == process.pid
    assert not (folder / "harmed").exists()
    return (folder / "words").read_text(encoding="utf-8").splitlines()


def line_of(workflows: dict[str, dict[str, Any]], workflow: str, job: str, verb: str) -> str:
    (found,) = [
        step["run"]
        for step in workflows[workflow]["jobs"][job]["steps"]
        if f"shipway {verb} " in step.get("run", "")
    ]
    return str(found)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("", []),
        ("3", ["--to=3"]),
        ("v1.2.0", ["--to=v1.2.0"]),
        ("--help", ["--to=--help"]),
        (HOSTILE, [f"--to={HOSTILE}"]),
    ],
)
async def test_where_to_roll_back_to_is_one_word_or_none(
    tmp_path: Path, workflows: dict[str, dict[str, Any]], to: str, said: list[str]
) -> None:
    put(tmp_path, STAND_IN)
    line = line_of(workflows, "rollback", "rollback-production", "rollback")
    assert await words(tmp_path, line, TO=to) == [
        *("rollback", "prod", "--target", "eks"),
        *said,
        *("--output", "github"),
    ]


@pytest.mark.parametrize(
    ("reason", "force", "said"),
    [
        ("it loses orders", "", ["--reason=it loses orders"]),
        (HOSTILE, "yes", [f"--reason={HOSTILE}", "--force"]),
    ],
)
async def test_why_to_roll_back_is_one_word(
    tmp_path: Path, workflows: dict[str, dict[str, Any]], reason: str, force: str, said: list[str]
) -> None:
    put(tmp_path, STAND_IN)
    line = line_of(workflows, "rollback", "rollback-production", "rollback")
    assert await words(tmp_path, line, TO="", REASON=reason, FORCE=force) == [
        *("rollback", "prod", "--target", "eks"),
        *said,
        *("--output", "github"),
    ]


@pytest.mark.parametrize("reason", ["orders are lost", HOSTILE])
async def test_the_reason_of_a_hotfix_is_one_word(
    tmp_path: Path, workflows: dict[str, dict[str, Any]], reason: str
) -> None:
    put(tmp_path, STAND_IN)
    line = line_of(workflows, "hotfix", "deploy-production", "deploy")
    assert await words(tmp_path, line, BUNDLE="sha256:12", REASON=reason) == [
        *("deploy", "--target", "eks", "--env", "prod", "--tag", "sha256:12"),
        *("--force", "--reason", reason),
        *("--output", "github"),
    ]


@pytest.mark.parametrize("tag", ["v1.2.1", HOSTILE])
async def test_the_tag_of_a_hotfix_is_one_word(
    tmp_path: Path, workflows: dict[str, dict[str, Any]], tag: str
) -> None:
    put(tmp_path, STAND_IN)
    line = line_of(workflows, "hotfix", "build", "build")
    assert await words(tmp_path, line, TAG=tag) == [
        *("build", "--target", "eks", "--tag", tag, "--output", "github")
    ]


async def test_the_bundle_reaches_the_deploy(
    tmp_path: Path, workflows: dict[str, dict[str, Any]]
) -> None:
    put(tmp_path, STAND_IN)
    line = line_of(workflows, "release", "deploy-staging", "deploy")
    assert await words(tmp_path, line, BUNDLE="sha256:12") == [
        *("deploy", "--target", "eks", "--env", "staging", "--tag", "sha256:12"),
        *("--output", "github"),
    ]


async def test_a_cancelled_step_tells_shipway_itself(
    tmp_path: Path, workflows: dict[str, dict[str, Any]]
) -> None:
    """GitHub signals the step's first process and nobody else (pitfall 3)."""
    put(tmp_path, HELD)
    line = line_of(workflows, "release", "deploy-dev", "deploy")
    process = await begin(tmp_path, line, BUNDLE="sha256:12")
    assert process.stdout is not None
    async with asyncio.timeout(45):
        assert await process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    assert (tmp_path / "told").exists()
