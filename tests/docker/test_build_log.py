"""What a person sees of a build while it runs."""

from pathlib import Path

import pytest

from shipway.docker import dockerfile
from shipway.docker.build_log import BuildLog

RECORDED = Path(__file__).parent / "recorded"
RUN = 'RUN ["python", "-c",   "print(\'one\'); print(\'two\'); raise SystemExit(3)"]'


@pytest.mark.parametrize(
    ("builder", "steps"),
    [
        (
            "buildkit",
            ["[1/3] FROM localhost:5001/team/python:3.11", "[2/3] WORKDIR /build", f"[3/3] {RUN}"],
        ),
        (
            "buildx",
            ["[1/3] FROM localhost:5001/team/python:3.11", "[2/3] WORKDIR /build", f"[3/3] {RUN}"],
        ),
        (
            "legacy",
            [
                "[1/3] FROM localhost:5001/team/python:3.11 AS build",
                "[2/3] WORKDIR /build",
                f"[3/3] {RUN}",
            ],
        ),
    ],
)
def test_each_step_is_told_as_it_begins(builder: str, steps: list[str]) -> None:
    heard: list[str] = []
    log = BuildLog(heard.append)
    for line in (RECORDED / builder / "step.txt").read_text().splitlines():
        log.hear(line)
    assert heard == steps


def test_only_the_last_words_of_a_step_are_kept() -> None:
    log = BuildLog(lambda _text: None)
    log.hear("#5 [2/2] RUN make")
    for number in range(30):
        log.hear(f"#5 0.1 line {number}")
    log.hear('#5 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2')
    step = log.failed
    assert step is not None
    assert (step.instruction, step.cause) == ("RUN make", "exit code 2")
    assert list(step.said) == [f"line {number}" for number in range(10, 30)]


@pytest.mark.parametrize(
    ("instruction", "line"),
    [("FROM scratch", 2), ("RUN a   b c", 3), ("RUN a b", 7), ("COPY x y", None)],
)
def test_a_step_is_found_in_the_dockerfile(instruction: str, line: int | None) -> None:
    text = "# first\nFROM scratch\nRUN a \\\n  # between\n\n  b c\nRUN a b\n"
    assert dockerfile.line_of(text, instruction) == line
