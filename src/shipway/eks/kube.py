"""Looks into the cluster through the person's own kubeconfig, as their kubectl does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Namespace, Service
from lightkube.resources.core_v1 import Node as NodeResource
from lightkube.resources.networking_v1 import Ingress

from shipway.commands import aws
from shipway.commands.helm import Cluster
from shipway.eks.inventory import CONTROLLER, CONTROLLER_NAMESPACE, Controller, Inventory, Node
from shipway.kube.access import Access, connect

START = "shipway setup eks"


@dataclass(frozen=True, slots=True)
class Context:
    """A context of a kubeconfig, and the cluster it is of."""

    kubeconfig: Path
    name: str
    region: str

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.kubeconfig, self.name)

    @property
    def access(self) -> Access:
        entries = aws.access_entries(self.name, self.region)
        stranger = f"name your role in EKS_ADMIN_ARNS, then: {START}; who is in: {entries}"
        return Access("eks", self.kubeconfig, START, self.name, stranger=stranger)


async def inventory(context: Context) -> Inventory:
    async with connect(context.access) as client:
        nodes = [
            Node(str(each.metadata.name if each.metadata else ""), _is_ready(each))
            async for each in client.list(NodeResource)
        ]
        return Inventory(
            nodes=tuple(sorted(nodes, key=lambda node: node.name)),
            controller=await _controller(client),
            namespaces=await _namespaces(client),
        )


async def delete_balanced(context: Context, namespaces: Sequence[str]) -> None:
    """Every Ingress and load-balanced Service there: the controller then takes its load balancers away."""
    async with connect(context.access) as client:
        for kind in (Ingress, Service):
            for namespace, name in await _balanced(client, kind, namespaces):
                try:
                    await client.delete(kind, name, namespace=namespace)
                except ApiError as gone:
                    if gone.status.code != 404:
                        raise


async def balanced(context: Context, namespaces: Sequence[str]) -> tuple[str, ...]:
    """What is still there of them, as `Ingress dev/sample-app`."""
    async with connect(context.access) as client:
        found = [
            f"{kind.__name__} {namespace}/{name}"
            for kind in (Ingress, Service)
            for namespace, name in await _balanced(client, kind, namespaces)
        ]
    return tuple(found)


def server_of(kubeconfig: Path, context: str) -> str | None:
    """The address that a context leads to; None for one that is not there."""
    cluster = entries(kubeconfig, context).get("cluster")
    found = (each for each in _read(kubeconfig, "clusters") if each["name"] == cluster)
    return next((str(each["cluster"].get("server", "")) for each in found), None)


def entries(kubeconfig: Path, context: str) -> dict[str, str]:
    """What a context is made of: its own name, its cluster's and its user's; nothing where there is none."""
    for each in _read(kubeconfig, "contexts"):
        if each["name"] == context:
            parts = each["context"]
            return {"context": context, "cluster": parts["cluster"], "user": parts["user"]}
    return {}


def _read(kubeconfig: Path, part: str) -> list[dict[str, Any]]:
    try:
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return []
    return list(config.get(part) or [])


async def _balanced(
    client: AsyncClient, kind: type[Ingress] | type[Service], namespaces: Sequence[str]
) -> list[tuple[str, str]]:
    found = []
    for namespace in namespaces:
        async for each in client.list(kind, namespace=namespace):
            if isinstance(each, Service) and (not each.spec or each.spec.type != "LoadBalancer"):
                continue
            assert each.metadata is not None
            found.append((namespace, str(each.metadata.name)))
    return found


async def _controller(client: AsyncClient) -> Controller | None:
    try:
        found = await client.get(Deployment, CONTROLLER, namespace=CONTROLLER_NAMESPACE)
    except ApiError as error:
        if error.status.code == 404:
            return None
        raise
    wanted = found.spec.replicas if found.spec and found.spec.replicas is not None else 1
    return Controller(wanted, (found.status.availableReplicas or 0) if found.status else 0)


async def _namespaces(client: AsyncClient) -> tuple[str, ...]:
    return tuple(
        sorted(
            [
                str(each.metadata.name)
                async for each in client.list(Namespace)
                if each.metadata and each.status and each.status.phase == "Active"
            ]
        )
    )


def _is_ready(node: NodeResource) -> bool:
    conditions = (node.status.conditions or []) if node.status else []
    return any(each.type == "Ready" and each.status == "True" for each in conditions)
