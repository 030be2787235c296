"""A Docker engine that answers, and what it has of the cluster already."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.docker.engine import engine
from shipway.kind.containers import containers
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts


@dataclass(frozen=True, slots=True)
class Engine:
    """Its fact: Containers."""

    name: ClassVar[str] = "docker"

    ground: Ground

    async def look(self, _so_far: Facts) -> Reached:
        found = await engine(self.ground.shell)
        return Reached(f"engine {found.version}", (await containers(self.ground.shell),))
