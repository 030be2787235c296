"""The way into the cluster: a kubeconfig of our own, whose default namespace is the first environment's."""

import asyncio
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from shipway.commands import docker, kind
from shipway.errors import CommandFailed
from shipway.kind import layout
from shipway.kind.errors import BrokenCluster
from shipway.kind.goals.cluster import Node
from shipway.kind.ground import Ground
from shipway.pipeline.goal import Missing, Reached
from shipway.pipeline.stage import Facts, Outcome, Say
from shipway.targets import private_file
from shipway.targets.kind import CLUSTER, CONTEXT


@dataclass(frozen=True, slots=True)
class Way:
    """A kubeconfig that leads in."""

    kubeconfig: Path


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """Its fact: Way."""

    name: ClassVar[str] = "kubeconfig"

    ground: Ground

    async def look(self, so_far: Facts) -> Reached | Missing:
        node, path = so_far.get(Node), self.ground.kubeconfig
        if node is None or not path.exists() or path.stat().st_mode & 0o077:
            return Missing(f"write the {self._summary}")
        authority = await self._authority(node)
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        if leads_to(text, node.api, self._namespace, authority):
            return Reached(self._summary, (Way(path),))
        return Missing(f"write the {self._summary}")

    async def reach(self, so_far: Facts, _say: Say) -> Outcome:
        so_far.of(Node)  # nothing is asked of a cluster that is not there
        try:
            said = await self.ground.shell.run(kind.get_kubeconfig(CLUSTER))
        except CommandFailed as failure:
            raise BrokenCluster("its node has no kubeconfig") from failure
        text = layout.kubeconfig(said.stdout, self._namespace)
        await asyncio.to_thread(private_file.write, self.ground.kubeconfig, text)
        return Outcome(self._summary, (Way(self.ground.kubeconfig),))

    async def _authority(self, node: Node) -> str:
        """The certificate by which the cluster is known: a new one of the same name has another."""
        try:
            command = docker.read_inside(node.name, layout.AUTHORITY)
            return (await self.ground.shell.run(command)).stdout
        except CommandFailed as failure:
            raise BrokenCluster("Kubernetes was never set up on its node") from failure

    @property
    def _summary(self) -> str:
        return f"context {CONTEXT}, namespace {self._namespace}, in .shipway/kind/kubeconfig"

    @property
    def _namespace(self) -> str:
        return self.ground.layout.namespaces[0]


def leads_to(text: str, port: int, namespace: str, authority: str) -> bool:
    """Whether this kubeconfig is what we would write."""
    try:
        document = yaml.safe_load(text)
        context = _named(document["contexts"], CONTEXT)["context"]
        cluster = _named(document["clusters"], context["cluster"])["cluster"]
        known_by = b64decode(cluster["certificate-authority-data"]).decode()
    except (yaml.YAMLError, LookupError, TypeError, ValueError):
        return False
    return (
        document.get("current-context") == CONTEXT
        and context.get("namespace") == namespace
        and cluster.get("server") == f"https://127.0.0.1:{port}"
        and known_by.strip() == authority.strip()
    )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)
