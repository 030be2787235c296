"""The target on this machine that is a real Kubernetes: a Kind cluster and a registry beside it, both in Docker."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from shipway.config.project import Project
from shipway.kube.access import Access, connect
from shipway.kube.errors import NoCluster
from shipway.kube.local_registry import local_registry
from shipway.oci.reference import Address
from shipway.shell.shell import Shell
from shipway.targets.local_places import local_places
from shipway.targets.target import HTTP, Target
from shipway.targets.tool_env import tool_env

NAME = "kind"
START = "shipway setup kind"
CLUSTER = "dagger-demo"
CONTEXT = f"kind-{CLUSTER}"  # as kind names it


def kubeconfig(root: Path) -> Path:
    """Ours alone: the person's own kubeconfig is left as it is."""
    return root / ".shipway" / NAME / "kubeconfig"


@dataclass(frozen=True, slots=True)
class Kind:
    """It is set up by `shipway setup kind`; a release only finds it."""

    host_images: ClassVar[bool] = False
    one_by_one: ClassVar[bool] = True

    project: Project
    shell: Shell

    @property
    def home(self) -> Path:
        return self.project.root / ".shipway" / NAME

    async def check(self) -> None:
        """It needs nothing that a person could forget."""

    async def up(self, say: Callable[[str], None]) -> Target:
        say("asking the cluster for its registry")
        return await self.find()

    async def find(self) -> Target:
        """The target as it was set up. NoCluster before that, ClusterUnreachable while it is stopped."""
        access = Access(NAME, kubeconfig(self.project.root), START, CONTEXT, local=True)
        if not access.kubeconfig.exists():
            raise NoCluster(NAME, START)
        async with connect(access) as client:
            registry = await local_registry(client, NAME, START)
        return Target(
            name=NAME,
            registry=Address(registry, plain_http=True, start=START),
            access=access,
            places=local_places(self.project, NAME),
            deployment=self.project.name,
            tool_env=tool_env(self.home / "helm"),
            where=f"cluster {CLUSTER}, Kubernetes in Docker",
            ingress_port=self.project.targets[NAME].port or HTTP,
            host_images=self.host_images,
            variables=os.environ,
        )
