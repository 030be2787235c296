"""The gh commands we use."""

from shipway.commands.command import Command, argv


def environments() -> Command:
    """Those of the repository that this folder is a clone of: gh fills in its name."""
    return Command(argv("gh", "api", "repos/{owner}/{repo}/environments"))
