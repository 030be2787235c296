"""Nothing left of what set-up made: no cluster, no registry with its images, no kubeconfig."""

import asyncio
import shutil
from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import docker, kind
from shipway.kind import layout
from shipway.kind.cluster import Foreign, judge
from shipway.kind.containers import Containers
from shipway.kind.errors import ForeignCluster
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets.kind import CLUSTER


@dataclass(frozen=True, slots=True)
class NoCluster:
    """A cluster of that name that is not as we make it is not ours to delete."""

    name: ClassVar[str] = "cluster"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        found, unfinished = so_far.of(Containers), self.ground.unfinished.exists()
        if not found.nodes:
            return Reached(f"no cluster {CLUSTER}")
        verdict = judge(found, self.ground.layout, unfinished=unfinished)
        if isinstance(verdict, Foreign):
            raise ForeignCluster(verdict.reasons)
        return Missing(f"delete the cluster {CLUSTER}")

    async def reach(self, _so_far: Facts, say: Say) -> Outcome:
        command = kind.delete_cluster(CLUSTER, self.ground.kubeconfig)
        await self.ground.shell.run(command, listen=say.line)
        return Outcome(f"the cluster {CLUSTER} is gone")


@dataclass(frozen=True, slots=True)
class NoRegistry:
    """A container of that name that we did not make stays."""

    name: ClassVar[str] = "registry"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        parts = []
        registry = so_far.of(Containers).registry
        if registry and registry.ours:
            parts.append(f"the container {registry.name}")
        if await self._has_volume():
            parts.append(f"the volume {layout.VOLUME} and all images in it")
        if parts:
            return Missing(f"delete {' and '.join(parts)}")
        if registry:
            return Reached(f"the container {registry.name} is not ours and stays")
        return Reached("no registry and no volume")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        shell, registry = self.ground.shell, so_far.of(Containers).registry
        if registry and registry.ours:
            await shell.run(docker.drop_container(registry.name), listen=say.line)
        if await self._has_volume():
            await shell.run(docker.drop_volume(layout.VOLUME), listen=say.line)
        return Outcome("the registry and its images are gone")

    async def _has_volume(self) -> bool:
        said = await self.ground.shell.run(docker.list_volumes(layout.VOLUME))
        return layout.VOLUME in said.stdout.split()


@dataclass(frozen=True, slots=True)
class Forgotten:
    name: ClassVar[str] = "forget"

    ground: Ground

    async def look(self, _so_far: Facts) -> Reached | Missing:
        if self.ground.home.exists():
            return Missing("remove .shipway/kind")
        return Reached("no .shipway/kind")

    async def reach(self, _so_far: Facts, _say: Say) -> Outcome:
        await asyncio.to_thread(shutil.rmtree, self.ground.home)
        return Outcome(".shipway/kind is removed")
