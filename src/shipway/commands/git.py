"""The git commands we use."""

from pathlib import PurePath

from shipway.commands.command import Command, argv


def head() -> Command:
    return Command(argv("git", "rev-parse", "HEAD"))


def changes(below: PurePath | None = None) -> Command:
    """One line for each file that differs from HEAD; nothing when the tree is clean."""
    return Command(
        argv("git", "status", "--porcelain", "--untracked-files=normal", ("--", below)),
    )


def last_change(below: PurePath) -> Command:
    """The last commit that changed something there, and its time; nothing where none did."""
    return Command(argv("git", "log", "-1", "--format=%H %cI", ("--", below)))


def origin() -> Command:
    """It may hold a login."""
    return Command(argv("git", "remote", "get-url", "origin"))
