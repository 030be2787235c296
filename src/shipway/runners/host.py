"""Runs a check on this machine, with the programs of the environment that shipway itself lives in."""

from collections.abc import Sequence
from pathlib import Path

from shipway.commands.command import Command
from shipway.shell.shell import Listener, Shell


class HostRunner:
    """No container: what runs is what is installed here, and the summary says so."""

    where = "on the host"

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        """CommandFailed when the check fails."""
        await self._shell.run(Command(tuple(argv), cwd=folder), listen=listen)
