"""Where a check runs; the implementations are host, docker and dagger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shipway.shell.shell import Listener


class Runner(Protocol):
    """Every implementation passes tests/contracts/test_runner.py."""

    @property
    def where(self) -> str:
        """In words, for the summary: `on the host`."""
        ...

    async def run(self, argv: Sequence[str], folder: Path, listen: Listener) -> None:
        """Run in `folder`, relative to the project. CommandFailed, with the exit code and the last lines, when it fails."""
        ...
