"""The Docker containers of this machine, as far as a Kind cluster has to do with them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipway.commands import docker
from shipway.kind.layout import LABEL, NODE, REGISTRY_CONTAINER
from shipway.shell.shell import Shell
from shipway.targets.kind import CLUSTER

CLUSTER_LABEL = "io.x-k8s.kind.cluster"  # kind's own, on each of its nodes
PUBLISHED = re.compile(r":(\d+)(?:-(\d+))?->")


@dataclass(frozen=True, slots=True)
class Container:
    """`published` is what was asked for, by port of the container, also while it does not run."""

    name: str
    running: bool
    labels: Mapping[str, str]
    published: Mapping[int, tuple[int, ...]]
    networks: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        key, _, value = LABEL.partition("=")
        return self.labels.get(key) == value

    @property
    def cluster(self) -> str | None:
        return self.labels.get(CLUSTER_LABEL)

    def holds(self, port: int) -> bool:
        """On this machine, now."""
        return self.running and any(port in ports for ports in self.published.values())


@dataclass(frozen=True, slots=True)
class Containers:
    """The cluster's nodes, the registry and what has its name; `holders` are all that run, by port."""

    nodes: tuple[Container, ...] = ()
    registry: Container | None = None
    impostor: str | None = None  # a container that has our node's name and is no node
    holders: Mapping[int, str] = field(default_factory=dict)

    def is_ours(self, port: int) -> bool:
        mine = (*self.nodes, *([self.registry] if self.registry else []))
        return any(each.holds(port) for each in mine)


async def containers(shell: Shell) -> Containers:
    said = (await shell.run(docker.list_containers())).stdout
    listed = [json.loads(line) for line in said.splitlines() if line.strip()]
    wanted = [each["Names"] for each in listed if _concerns_us(each)]
    if not wanted:
        return Containers(holders=_holders(listed))
    inspected = json.loads((await shell.run(docker.inspect_containers(wanted))).stdout)
    found = [_container(each) for each in inspected]
    nodes = tuple(each for each in found if each.cluster == CLUSTER)
    others = {each.name: each for each in found if each not in nodes}
    return Containers(
        nodes=nodes,
        registry=others.get(REGISTRY_CONTAINER),
        impostor=NODE if NODE in others else None,
        holders=_holders(listed),
    )


def _concerns_us(listed: Mapping[str, str]) -> bool:
    labels = listed["Labels"].split(",")
    return listed["Names"] in {NODE, REGISTRY_CONTAINER} or f"{CLUSTER_LABEL}={CLUSTER}" in labels


def _holders(listed: Iterable[Mapping[str, str]]) -> dict[int, str]:
    """Docker prints them as `0.0.0.0:80->80/tcp, 127.0.0.1:8000-8001->8000-8001/tcp`."""
    return {
        port: each["Names"]
        for each in listed
        for first, last in PUBLISHED.findall(each["Ports"])
        for port in range(int(first), int(last or first) + 1)
    }


def _container(inspected: Mapping[str, Any]) -> Container:
    bindings = inspected["HostConfig"]["PortBindings"] or {}
    return Container(
        name=inspected["Name"].removeprefix("/"),
        running=inspected["State"]["Running"],
        labels=inspected["Config"]["Labels"] or {},
        published={
            int(port.partition("/")[0]): tuple(
                int(each["HostPort"]) for each in hosts or () if each["HostPort"]
            )
            for port, hosts in bindings.items()
        },
        networks=tuple(sorted(inspected["NetworkSettings"]["Networks"])),
    )
