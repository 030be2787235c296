"""What every way of showing a run can do. Implementations: live, plain, json, github."""

from collections.abc import Sequence
from typing import Protocol

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


class Renderer(Protocol):
    """Results go to stdout, errors to stderr; json prints only JSON objects, one per line, on stdout."""

    def event(self, event: Event) -> None: ...

    def status(self, rows: Sequence[Row], isolation: Isolation | None = None) -> None:
        """`isolation` is for who asked about the target as a whole."""
        ...

    def history(self, entries: Sequence[Entry]) -> None: ...

    def bundles(self, items: Sequence[Item]) -> None: ...

    def drift(self, found: Sequence[Drift]) -> None: ...

    def note(self, text: str) -> None:
        """One line that answers the verb."""
        ...

    def commands(self, commands: Sequence[Command]) -> None:
        """What a curious person types next."""
        ...

    def checks(self, checks: Sequence[Check]) -> None: ...

    def health(self, health: Health) -> None: ...

    def error(self, error: ShipwayError) -> None: ...

    def close(self) -> None: ...
