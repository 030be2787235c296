"""A release as a person drives it, with either helm."""

from dataclasses import dataclass
from pathlib import Path

from tests.drydock.clients.conftest import Run
from tests.drydock.clients.said import Said


@dataclass(frozen=True)
class Release:
    """Keywords are values of the chart."""

    helm: Run
    name: str
    chart: Path
    image: str

    async def install(self, *words: object, **values: object) -> Said:
        return await self._with_chart("install", words, values)

    async def upgrade(self, *words: object, **values: object) -> Said:
        return await self._with_chart("upgrade", words, values)

    async def __call__(self, *words: object) -> Said:
        """`await web("get", "values")`"""
        return await self.helm(*words, self.name)

    async def revisions(self) -> list[tuple[str, str]]:
        """Status and description, the oldest first."""
        found = (await self("history", "--output", "json")).data
        return [(each["status"], each["description"]) for each in found]

    async def _with_chart(
        self, verb: str, words: tuple[object, ...], values: dict[str, object]
    ) -> Said:
        chosen = {"image": self.image, **values}
        pairs = ",".join(f"{name}={value}" for name, value in chosen.items())
        return await self.helm(verb, self.name, self.chart, "--set", pairs, *words)
