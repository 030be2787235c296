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
from shipway.model.isolation import Isolation
from shipway.model.revision import Revision
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

    def history(self, revisions: Sequence[Revision]) -> None:
        for revision in revisions:
            self._print(
                {
                    "revision": revision.number,
                    "updated": revision.updated,
                    "status": revision.status,
                    "tag": revision.tag,
                    "image": revision.image,
                    "image_digest": revision.image_digest,
                    "chart_version": revision.chart_version,
                    "chart_digest": revision.chart_digest,
                    "bundle": revision.bundle,
                    "description": revision.description,
                }
            )

    def note(self, text: str) -> None:
        self._print({"v": self.VERSION, "note": text})

    def commands(self, commands: Sequence[Command]) -> None:
        for command in commands:
            self._print({"v": self.VERSION, "command": str(command)})

    def checks(self, checks: Sequence[Check]) -> None:
        for check in checks:
            self._print(dataclasses.asdict(check))

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
