"""A namespace for each environment."""

from dataclasses import dataclass
from typing import ClassVar

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from shipway.kind.goals.kubeconfig import Way
from shipway.kind.ground import Ground
from shipway.kube.access import connect
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Namespaces:
    name: ClassVar[str] = "namespaces"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        wanted = self.ground.layout.namespaces
        missing = wanted if so_far.get(Way) is None else await self._missing()
        if missing:
            return Missing(f"create {', '.join(missing)}")
        return Reached(", ".join(wanted))

    async def reach(self, _so_far: Facts, _say: Say) -> Outcome:
        missing = await self._missing()
        async with connect(self.ground.access) as client:
            for name in missing:
                await client.create(Namespace(metadata=ObjectMeta(name=name)))
        return Outcome(", ".join(self.ground.layout.namespaces))

    async def _missing(self) -> tuple[str, ...]:
        async with connect(self.ground.access) as client:
            found = {str(e.metadata and e.metadata.name) async for e in client.list(Namespace)}
        return tuple(name for name in self.ground.layout.namespaces if name not in found)
