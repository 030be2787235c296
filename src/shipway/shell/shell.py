"""What it means to run a command: `local` starts a real process, a test's double answers from a script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shipway.commands.command import Command

Listener = Callable[[str], None]
"""Hears each line of output, stdout and stderr together, without its line end."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended with exit code 0."""

    command: Command
    stdout: str
    stderr: str


class Shell(Protocol):
    """Every implementation passes tests/contracts/test_shell.py."""

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        """Run to the end. CommandFailed with the last 20 lines on another exit code, ProgramMissing where there is none.

        A cancelled run sends SIGINT to the command's process group, SIGKILL after five seconds, and leaves no process.
        """
        ...
