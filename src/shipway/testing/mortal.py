"""The real command line in a process that dies, or whose cluster dies, at a chosen line of its journal.

    python -m shipway.testing.mortal --at 7 [--during 0.3] [--kill drydock] VERB …

Lines are counted over the effects alone, from 1. `--during` lets it go on for that many seconds first.
"""

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from shipway.cli import main
from shipway.cli.options import Common
from shipway.model.lease import Holder
from shipway.pipeline.events import EffectBegun, EffectDone, Event
from shipway.pipeline.journal import Journal

Kill = Callable[[], None]
HOLDER = Path(".shipway", "embedded", "pid.json")  # of drydock


def mortal(at: int, during: float, kill: Kill) -> type[Journal]:
    """A journal that calls `kill` right after its line `at` is on the disk."""

    class Mortal(Journal):
        def __init__(self, runs: Path, us: Holder, dead: Callable[[Holder], bool]) -> None:
            super().__init__(runs, us, dead)
            self._lines = 0

        def write(self, event: Event) -> None:
            super().write(event)
            if not isinstance(event, EffectBegun | EffectDone):
                return
            self._lines += 1
            if self._lines == at and during:
                threading.Timer(during, kill).start()
            elif self._lines == at:
                kill()

    return Mortal


def shipway() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def drydock() -> None:
    found = json.loads(HOLDER.read_text(encoding="utf-8"))
    os.kill(found["pid"], signal.SIGKILL)


def run() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at", type=int, required=True)
    parser.add_argument("--during", type=float, default=0.0)
    parser.add_argument("--kill", choices=("shipway", "drydock"), default="shipway")
    parser.add_argument("verb", nargs=argparse.REMAINDER)
    said = parser.parse_args()
    kill = shipway if said.kill == "shipway" else drydock
    main(said.verb, prog_name="shipway", obj=Common(journal=mortal(said.at, said.during, kill)))


if __name__ == "__main__":
    run()
