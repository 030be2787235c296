"""Refuse a chart that is wrong for any environment before it reaches one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.charts import checks, render, values
from shipway.charts.checks import Finding
from shipway.commands import helm
from shipway.commands.command import Command
from shipway.commands.helm import Release
from shipway.errors import ShipwayError
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.shell.at_once import at_once
from shipway.shell.shell import Shell
from shipway.stages.check_failed import checking

ANY = Release("chart-lint", "default")
PINNED = {
    "image": {
        "repository": "registry.example/image",
        "tag": "chart-lint",
        "digest": f"sha256:{64 * '0'}",
    }
}


@dataclass(eq=False)
class ChartTrapped(ShipwayError):
    """The chart renders, and would do harm."""

    findings: tuple[tuple[str, Finding], ...]  # by values file

    @property
    def problem(self) -> str:
        count = len(self.findings)
        return f"the chart has {count} finding{'' if count == 1 else 's'}"

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(
            line
            for file, finding in self.findings
            for line in (f"{file}: {finding}", f"  try: {finding.remedy}")
        )


@dataclass(frozen=True, slots=True)
class ChartLint:
    """helm's own linter, then what each environment renders, against the traps we know."""

    name: ClassVar[str] = "chart-lint"

    chart: Path
    values: Sequence[Path]  # every values file there is, of whatever target
    root: Path  # the project's: the paths above are relative to it
    folder: Path  # of this run
    timeout_seconds: int
    shell: Shell

    def plan(self) -> list[Command]:
        return [helm.lint(self.chart, file) for file in self.values]

    async def run(self, _so_far: Facts, say: Say) -> Outcome:
        with checking(self.name):
            found = await self._all(say)
        if found:
            raise ChartTrapped(found)
        names = ", ".join(file.stem for file in self.values)
        return Outcome(f"{self.chart} is sound for {names}")

    async def _all(self, say: Say) -> tuple[tuple[str, Finding], ...]:
        """All files at once. The first refusal ends the others."""
        async with at_once() as group:
            for command in self.plan():
                group.create_task(self.shell.run(command, listen=say.line))
            checked = [group.create_task(self._check(file)) for file in self.values]
        return tuple(
            (str(file), finding)
            for file, task in zip(self.values, checked, strict=True)
            for finding in task.result()
        )

    async def _check(self, file: Path) -> list[Finding]:
        """Rendered as a deploy would: `${NAME}` is filled in at deploy time, and a digest stands for the image."""
        text = values.decode((self.root / file).read_bytes(), file=file)
        merged = self.folder / f"chart-lint-{file.stem}.yaml"
        merged.write_text(
            values.dump(values.overlay(values.load(text, file=file), PINNED)), encoding="utf-8"
        )
        rendered = await self.shell.run(helm.template(self.chart, merged, ANY))
        return checks.check(render.objects(rendered.stdout), timeout=self.timeout_seconds)
