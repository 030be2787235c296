"""What a person says to those who come after: one line of text that every terminal can show."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from shipway.cli import main
from shipway.cli.options import Words
from shipway.testing.workbench import Workbench


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("two\nlines,\ttold\r\nin one", "two lines, told in one"),
        ("a “hotfix” for 日本 👩‍🚀", "a “hotfix” for 日本 👩‍🚀"),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_words_are_one_line(written: str, said: str) -> None:
    assert Words().convert(written, None, None) == said


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("\udcff", "it holds what is no text in UTF-8, or control characters"),
        ("\x1b[31mred", "it holds what is no text in UTF-8, or control characters"),
        ("x" * 1001, "it has 1001 characters, 1000 at most"),
    ],
)
def test_what_no_record_could_hold_is_refused(written: str, message: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        Words().convert(written, None, None)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "line",
    [
        "promote v1 --to prod --force --reason",
        "deploy --force --reason",
        "rollback prod --reason",
        "approve v1 --env prod --reason",
        "unlock prod --reason",
    ],
)
def test_every_verb_that_takes_a_reason_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    bench = Workbench(tmp_path)
    monkeypatch.chdir(bench.folder)
    result = CliRunner().invoke(main, [*line.split(), "\udcff"])
    assert result.output.endswith(
        "Error: Invalid value for '--reason': it holds what is no text in UTF-8, or control characters\n"
    )
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        (["promote", "v1", "--to", ""], "--to dev"),
        (["deploy", "--env", ""], "--env dev"),
        (["approve", "v1", "--env", ""], "--env dev"),
        (["rollback", ""], "shipway rollback dev"),
        (["unlock", "", "--reason", "it hangs"], "shipway unlock dev"),
        (["history", ""], "shipway history dev"),
    ],
)
def test_a_variable_that_is_not_set_names_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: list[str], remedy: str
) -> None:
    bench = Workbench(tmp_path)
    monkeypatch.chdir(bench.folder)
    result = CliRunner().invoke(main, line)
    assert result.output == (
        f"error: there is no environment ''; there is dev, staging, prod\n  try: {remedy}\n"
    )
    assert result.exit_code == 2
