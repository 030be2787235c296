"""`localhost:5001` on the node means the registry's container: one file that containerd reads at each pull."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import docker
from shipway.errors import CommandFailed
from shipway.kind import layout
from shipway.kind.goals.cluster import Node
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say


@dataclass(frozen=True, slots=True)
class Mirror:
    name: ClassVar[str] = "mirror"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        node = so_far.get(Node)
        if node is not None and await self._content(node) == layout.hosts():
            return Reached(f"the node finds {layout.REGISTRY}")
        return Missing(f"write {layout.HOSTS} on the node")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        command = docker.write_inside(so_far.of(Node).name, layout.HOSTS, layout.hosts())
        await self.ground.shell.run(command, listen=say.line)
        return Outcome(f"the node finds {layout.REGISTRY}")

    async def _content(self, node: Node) -> str | None:
        try:
            return (await self.ground.shell.run(docker.read_inside(node.name, layout.HOSTS))).stdout
        except CommandFailed:
            return None  # there is no such file
