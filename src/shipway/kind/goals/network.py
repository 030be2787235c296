"""The registry on the network of the cluster's nodes, where they know it by its name."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import docker
from shipway.kind import layout
from shipway.kind.containers import Containers
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

SUMMARY = f"{layout.REGISTRY_CONTAINER} is on the network {layout.NETWORK}"


@dataclass(frozen=True, slots=True)
class Network:
    name: ClassVar[str] = "network"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        registry = so_far.of(Containers).registry
        if registry is not None and layout.NETWORK in registry.networks:
            return Reached(SUMMARY)
        return Missing(f"connect {layout.REGISTRY_CONTAINER} to the network {layout.NETWORK}")

    async def reach(self, _so_far: Facts, say: Say) -> Outcome:
        command = docker.connect_network(layout.NETWORK, layout.REGISTRY_CONTAINER)
        await self.ground.shell.run(command, listen=say.line)
        return Outcome(SUMMARY)
