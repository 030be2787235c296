"""Refuse code that its linter refuses."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.runners.runner import Runner
from shipway.stages.check_failed import checking


@dataclass(frozen=True, slots=True)
class Lint:
    name: ClassVar[str] = "lint"

    argv: tuple[str, ...]
    folder: Path
    runner: Runner

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        with checking(self.name):
            await self.runner.run(self.argv, self.folder, say.line)
        return Outcome(f"{' '.join(self.argv)} found nothing, {self.runner.where}")
