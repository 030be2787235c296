"""What the documents tell people to type exists, with these flags."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from shipway.cli import main
from shipway.cli.options import TARGETS
from shipway.targets.provider import PROVIDERS

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def code(document: Path) -> Iterator[str]:
    """The lines of its code blocks, without comments."""
    for block in re.findall(r"```\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines())


def commands(program: str) -> list[str]:
    lines = [line for document in DOCUMENTS for line in code(document)]
    return sorted({line for line in lines if line.startswith(f"{program} ")})


@pytest.mark.parametrize("line", commands("shipway"))
def test_a_command_of_the_documents_is_understood(line: str) -> None:
    verb, *rest = shlex.split(line)[1:]
    with click.Context(main) as context:
        command = main.get_command(context, verb)
    assert command is not None, verb
    command.make_context(verb, rest, parent=click.Context(main))


def test_every_verb_is_in_the_readme_or_in_its_own_help() -> None:
    told = {line.split()[1] for line in commands("shipway")}
    assert {"status", "build", "deploy", "deploy-all", "history", "rollback", "doctor"} <= told


@pytest.mark.parametrize("line", commands("make"))
def test_a_make_target_of_the_documents_exists(line: str) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert shlex.split(line)[1] in targets


def test_the_command_line_offers_exactly_the_targets_that_are_served() -> None:
    assert tuple(PROVIDERS) == TARGETS
