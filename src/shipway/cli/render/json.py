"""One JSON object per line on stdout and nothing else: docs/reference/json.md describes the shapes."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any

from shipway.cli.render.reader import told
from shipway.commands.command import Command
from shipway.errors import ShipwayError
from shipway.model.check import Check
from shipway.model.drift import Drift
from shipway.model.health import Health
from shipway.model.history import Entry
from shipway.model.isolation import Isolation
from shipway.model.shelf import Item
from shipway.model.status import Row
from shipway.pipeline.events import Event


class Json:
    """Events carry `event`, the version of their shapes is `v`; rows are plain objects."""

    VERSION = 1

    def event(self, event: Event) -> None:
        self._print({"v": self.VERSION, "event": type(event).__name__, **dataclasses.asdict(event)})

    def status(self, rows: Sequence[Row], _isolation: Isolation | None = None) -> None:
        """The rows alone: the doctor's answer tells how pods run."""
        for row in rows:
            self._print(dataclasses.asdict(row))

    def history(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._print(dataclasses.asdict(entry))

    def bundles(self, items: Sequence[Item]) -> None:
        for item in items:
            self._print(dataclasses.asdict(item))

    def drift(self, found: Sequence[Drift]) -> None:
        for drift in found:
            differences = [
                {
                    "object": each.object,
                    "field": each.field,
                    "released": each.released,
                    "live": each.live,
                    "by": each.by,
                    "refused": each.refused,
                }
                for each in drift.differences
            ]
            self._print({**dataclasses.asdict(drift), "differences": differences})

    def note(self, text: str) -> None:
        self._print({"v": self.VERSION, "note": text})

    def commands(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._print({"v": self.VERSION, "command": str(command)})

    def checks(self, checks: Sequence[Check]) -> None:
        for check in checks:
            self._print(dataclasses.asdict(check))

    def health(self, health: Health) -> None:
        self._print(dataclasses.asdict(health))

    def error(self, error: ShipwayError) -> None:
        self._print(
            {
                "v": self.VERSION,
                "error": error.problem,
                "details": list(error.details),
                "remedy": error.remedy,
                "exit_code": error.exit_code,
            }
        )

    def close(self) -> None:
        """Nothing is open."""

    def _print(self, value: dict[str, Any]) -> None:
        with told(sys.stdout) as out:
            out.write(json.dumps(value, ensure_ascii=False) + "\n")
            out.flush()
