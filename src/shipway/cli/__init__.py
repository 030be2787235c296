"""The command line: parse, call an action, render. One file per verb, named like the action it calls."""

import signal
import sys
from types import FrameType

from shipway.cli.app import main
from shipway.errors import INTERRUPTED

__all__ = ["entry", "main"]


def entry() -> None:
    """The program. A Ctrl-C that comes before anything runs ends it like any other: quietly, with 130."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    main()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(INTERRUPTED)
