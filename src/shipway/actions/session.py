"""What every action needs: the project, the shell, where events go; and the one way to run stages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from shipway.config.project import Project
from shipway.model.record import By
from shipway.oci.team_key import TeamKey
from shipway.pipeline import engine
from shipway.pipeline.engine import Report
from shipway.pipeline.events import Event, RunStarted
from shipway.pipeline.journal import Journal, run_id
from shipway.pipeline.stage import Emit, Step
from shipway.shell.shell import Shell
from shipway.targets import here
from shipway.targets.provider import Provider, provider
from shipway.targets.target import Target

if TYPE_CHECKING:
    from shipway.stages.turn import Turns

PATIENCE = 300.0  # seconds for which another run's turn in an environment is waited for


@dataclass(frozen=True)
class Session:
    project: Project
    target: str
    shell: Shell
    emit: Emit  # the renderer's ear
    run: str  # this run's id
    who: str = "somebody"
    why: str = ""  # this target, where nobody named one
    force: str = ""  # why a person insists; empty: nobody does
    patience: float = PATIENCE
    journal: type[Journal] = Journal
    key: TeamKey | None = None  # with which records are signed; None: they need no signature

    @property
    def by(self) -> By:
        return By(self.who, self.run)

    @cached_property
    def turns(self) -> "Turns":
        from shipway.stages.turn import Turns  # noqa: PLC0415  # who only looks takes none

        repository, runs = self.project.image.repository, self.state / "runs"
        return Turns(self.by, repository, runs, self.patience, self.key)

    @property
    def state(self) -> Path:
        return self.project.root / ".shipway"

    @property
    def folder(self) -> Path:
        """Where this run leaves its journal, its logs and the values it used."""
        return self.state / "runs" / self.run

    @property
    def provider(self) -> Provider:
        return provider(self.target, self.project, self.shell)

    def insisting(self, reason: str) -> Self:
        """Whatever stands in the way of a release: a person has a reason."""
        return replace(self, force=reason)

    def on(self, target: str) -> Self:
        """The same session with a target that was named."""
        return replace(self, target=target, why="")

    async def find(self) -> Target:
        return await self.provider.find()

    async def go(self, verb: str, steps: Sequence[Step]) -> Report:
        journal = self.journal(self.state / "runs", here.holder(self.by, verb), here.dead)

        def emit(event: Event) -> None:
            journal.write(event)
            self.emit(event)

        names = tuple(step.name for step in steps)
        begin = RunStarted(self.run, verb, self.target, names, self.why)
        try:
            return await engine.run(steps, begin, emit, leave=self.turns.aclose)
        finally:
            journal.close()


def new_run() -> str:
    return run_id(datetime.now(UTC))
