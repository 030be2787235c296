"""Refuse a chart that is wrong for any environment before it reaches one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.commands import helm
from shipway.commands.command import Command
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.shell import Shell


@dataclass(frozen=True, slots=True)
class ChartLint:
    name: ClassVar[str] = "chart-lint"

    chart: Path
    values: Sequence[Path]  # every values file there is, of whatever target
    shell: Shell

    def plan(self) -> list[Command]:
        return [helm.lint(self.chart, values) for values in self.values]

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        async with asyncio.TaskGroup() as group:
            for command in self.plan():
                group.create_task(self.shell.run(command, listen=say.line))
        names = ", ".join(values.name for values in self.values)
        return Outcome(f"{self.chart} is sound for {names}")
