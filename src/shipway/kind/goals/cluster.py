"""One node that runs, with the ports that lead to it."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import docker, kind
from shipway.errors import CommandFailed
from shipway.kind.cluster import Absent, Foreign, Standing, Stopped, Unfinished, Verdict, judge
from shipway.kind.containers import Container, Containers, containers
from shipway.kind.errors import ForeignCluster, NameTaken, told
from shipway.kind.ground import Ground
from shipway.kind.layout import API
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets.kind import CLUSTER

WAIT = "3m"  # that kind waits for the node; longer is waited for by us


@dataclass(frozen=True, slots=True)
class Node:
    """The one of the cluster. `api` is its port on this machine."""

    name: str
    api: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Its facts: Node and Containers."""

    name: ClassVar[str] = "cluster"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        found = so_far.of(Containers)
        if found.impostor:
            raise NameTaken(found.impostor)
        match self._judge(found):
            case Absent():
                return Missing(f"make the cluster {CLUSTER} with kind, in a minute or more")
            case Unfinished():
                return Missing(f"make the cluster {CLUSTER} anew: making it was cut off")
            case Foreign(reasons):
                raise ForeignCluster(reasons)
            case Stopped(node):
                return Missing(f"start the container {node.name}")
            case Standing(node):
                return Reached(f"{CLUSTER}, container {node.name}", (_node(node),))

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        match self._judge(so_far.of(Containers)):
            case Stopped(node):
                command = docker.start_containers([node.name])
                await self.ground.shell.run(command, listen=say.line)
            case Unfinished():
                command = kind.delete_cluster(CLUSTER, self.ground.kubeconfig)
                await self.ground.shell.run(command, listen=say.line)
                await self._make(say)
            case _:
                await self._make(say)
        now = await containers(self.ground.shell)
        [node] = now.nodes
        return Outcome(f"{CLUSTER}, container {node.name}", (now, _node(node)))

    def _judge(self, found: Containers) -> Verdict:
        return judge(found, self.ground.layout, unfinished=self.ground.unfinished.exists())

    async def _make(self, say: Say) -> None:
        """The mark goes first and leaves last: between them the cluster is nobody's yet."""
        self.ground.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = self.ground.home / "cluster.yaml"
        config.write_text(self.ground.layout.config, encoding="utf-8")
        self.ground.unfinished.write_text(f"{CLUSTER}\n", encoding="utf-8")
        lines: list[str] = []

        def listen(line: str) -> None:
            lines.append(line)
            say.line(line)

        command = kind.create_cluster(CLUSTER, config, self.ground.kubeconfig, wait=WAIT)
        try:
            await self.ground.shell.run(command, listen=listen)
        except CommandFailed as failure:
            raise told(failure, lines) from failure
        self.ground.unfinished.unlink()


def _node(container: Container) -> Node:
    from_api = container.published.get(API, ())
    return Node(container.name, next(iter(from_api), 0))
