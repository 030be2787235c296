"""The registry beside the cluster: a container that comes back with Docker, its images in a volume."""

from dataclasses import dataclass
from typing import ClassVar

from shipway.commands import docker
from shipway.errors import CommandFailed
from shipway.kind import layout
from shipway.kind.containers import Container, Containers, containers
from shipway.kind.errors import NameTaken, registry_told
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say

PUBLISH = f"127.0.0.1:{layout.REGISTRY_PORT}:{layout.REGISTRY_INSIDE}"


@dataclass(frozen=True, slots=True)
class Registry:
    """Its fact: Containers."""

    name: ClassVar[str] = "registry"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        found = so_far.of(Containers).registry
        if found is None:
            return Missing(f"run {layout.REGISTRY_IMAGE} on {layout.REGISTRY}")
        if not found.ours:
            raise NameTaken(found.name)
        if not _in_place(found):
            return Missing(f"make {found.name} anew: it is not on {layout.REGISTRY}")
        if not found.running:
            return Missing(f"start the container {found.name}")
        return Reached(f"{layout.REGISTRY}, container {found.name}")

    async def reach(self, so_far: Facts, say: Say) -> Outcome:
        found = so_far.of(Containers).registry
        shell = self.ground.shell
        try:
            if found and _in_place(found):
                await shell.run(docker.start_containers([found.name]), listen=say.line)
            else:
                await self._run(say, replace=found is not None)
        except CommandFailed as failure:
            raise registry_told(failure) from failure
        summary = f"{layout.REGISTRY}, container {layout.REGISTRY_CONTAINER}"
        return Outcome(summary, (await containers(shell),))

    async def _run(self, say: Say, *, replace: bool) -> None:
        shell = self.ground.shell
        if replace:
            await shell.run(docker.drop_container(layout.REGISTRY_CONTAINER), listen=say.line)
        command = docker.run_registry(
            layout.REGISTRY_CONTAINER,
            layout.REGISTRY_IMAGE,
            publish=PUBLISH,
            volume=layout.VOLUME,
            label=layout.LABEL,
            path=layout.REGISTRY_FOLDER,
        )
        await shell.run(command, listen=say.line)


def _in_place(registry: Container) -> bool:
    return layout.REGISTRY_PORT in registry.published.get(layout.REGISTRY_INSIDE, ())
