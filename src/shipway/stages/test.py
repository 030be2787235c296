"""Refuse code whose own tests fail."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.runners.runner import Runner
from shipway.stages.check_failed import checking


@dataclass(frozen=True, slots=True)
class Test:
    """The summary is the test runner's own last line."""

    name: ClassVar[str] = "test"
    __test__: ClassVar[bool] = False  # pytest: this is a stage, no test

    argv: tuple[str, ...]
    folder: Path
    runner: Runner

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        last = deque([" ".join(self.argv)], maxlen=1)

        def listen(line: str) -> None:
            say.line(line)
            if line.strip():
                last.append(line.strip(" ="))

        with checking(self.name):
            await self.runner.run(self.argv, self.folder, listen)
        return Outcome(f"{last[0]}, {self.runner.where}")
