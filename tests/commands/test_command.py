"""A command prints as one line, and never its secrets."""

from pathlib import PurePath

from shipway.commands.command import Command, argv


def test_a_word_stands_for_itself_and_a_flag_without_a_value_vanishes() -> None:
    assert argv("helm", PurePath("a/b"), ("--context", None), ("--values", "x.yaml")) == (
        "helm",
        "a/b",
        "--values",
        "x.yaml",
    )


def test_a_flag_with_several_values_repeats() -> None:
    assert argv("helm", ("--values", ["a.yaml", PurePath("b.yaml")])) == (
        "helm",
        "--values",
        "a.yaml",
        "--values",
        "b.yaml",
    )


def test_a_command_is_the_line_that_a_person_would_type() -> None:
    assert str(Command(("git", "commit", "-m", "two words"))) == "git commit -m 'two words'"


def test_secrets_in_environment_and_stdin_are_never_shown() -> None:
    command = Command(("login",), env={"TOKEN": "s3cret"}, stdin="s3cret")
    assert "s3cret" not in str(command)
    assert "s3cret" not in repr(command)
