"""Who reads us may leave (`| head`), and may not know every letter: a release is not given up for that."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console


class Window(Console):
    """Shows nothing more once nobody looks."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        _mute(self.file)


@contextmanager
def told(stream: IO[str]) -> Iterator[IO[str]]:
    try:
        yield stream
    except BrokenPipeError:
        _mute(stream)


def _mute(stream: IO[str]) -> None:
    """What it still holds must go somewhere when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
