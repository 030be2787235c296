"""The ports of this machine that lead to the cluster and its registry: free, or ours."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from shipway.kind.containers import Containers
from shipway.kind.errors import PortTaken
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Reached
from shipway.pipeline.stage import Facts

CHOSEN = "targets.kind.port"


@dataclass(frozen=True, slots=True)
class Ports:
    name: ClassVar[str] = "ports"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached:
        found = so_far.of(Containers)
        free = [port for port in self.ground.layout.ports if not found.is_ours(port)]
        for error in await asyncio.gather(*(self._taken(port, found) for port in free)):
            if error:
                raise error
        said = {True: "free", False: "ours"}
        return Reached(", ".join(f"{p} {said[p in free]}" for p in self.ground.layout.ports))

    async def _taken(self, port: int, found: Containers) -> PortTaken | None:
        key = CHOSEN if port == self.ground.layout.http else None
        container = found.holders.get(port)
        if container:
            return PortTaken(port, f"the container {container}", container, key)
        program = await self.ground.listener(port)
        if program is None:
            return None
        return PortTaken(port, str(program) if program.name else None, key=key)
