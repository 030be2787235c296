"""The command line: parse, call an action, render. One file per verb, named like the action it calls."""

import signal
import sys
from io import TextIOWrapper
from types import FrameType

from shipway.cli.app import main
from shipway.errors import INTERRUPTED

__all__ = ["entry", "main"]


def entry() -> None:
    """The program. A Ctrl-C that comes before anything runs ends it like any other: quietly, with 130."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale may lack our marks
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    main()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(INTERRUPTED)
