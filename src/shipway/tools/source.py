"""What a source of programs is, and how it says that it cannot help."""

from pathlib import Path
from typing import Protocol

from shipway.shell.shell import Listener
from shipway.tools.pins import Pin
from shipway.tools.tool import Tool


class PassedOver(Exception):
    """Why a source did not provide. Not an error: the next source is asked."""


class Source(Protocol):
    @property
    def name(self) -> str: ...

    async def provide(self, pin: Pin, directory: Path, listen: Listener) -> Tool:
        """The program in `directory`, verified. PassedOver where this source does not have it."""
        ...


def megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
