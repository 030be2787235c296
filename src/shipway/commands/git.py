"""The git commands we use."""

from shipway.commands.command import Command, argv


def head() -> Command:
    return Command(argv("git", "rev-parse", "HEAD"))


def changes() -> Command:
    """One line for each file that differs from HEAD; nothing when the tree is clean."""
    return Command(argv("git", "status", "--porcelain", "--untracked-files=normal"))
