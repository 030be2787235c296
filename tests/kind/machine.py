"""A machine on which docker, kind and helm are played: what they do happens to containers and to a cluster's API.

What docker says of the containers is what a real engine said (recorded/), less those that are not there.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drydock.kubeconfig import kubeconfig
from drydock.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    INGRESS_CLASSES,
    NAMESPACES,
    NODES,
    Object,
    Resource,
)
from drydock.store import Store
from shipway.commands.command import Command
from shipway.errors import CommandFailed, ProgramMissing
from shipway.kind import journey
from shipway.kind.ground import Ground, Patience
from shipway.kind.layout import Layout
from shipway.kind.ports import Program
from shipway.pipeline import engine
from shipway.pipeline.events import Event, RunStarted, StageFinished
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Facts, Outcome, Say, Stage
from shipway.shell.shell import Finished, Listener

RECORDED = Path(__file__).parent / "recorded"
NAMES = ("dev", "staging", "prod")
NODE, REGISTRY, VOLUME = "dagger-demo-control-plane", "kind-registry", "shipway-kind-registry"
HOSTS = "/etc/containerd/certs.d/localhost:5001/hosts.toml"
AUTHORITY = "/etc/kubernetes/pki/ca.crt"
TOKEN = "the-token-of-the-cluster"

VERSION = "docker version --format '{{json .}}'"
PS = "docker ps --all --no-trunc --format '{{json .}}'"
RUN = (
    "docker run --detach --restart always --name kind-registry --label dev.shipway.target=kind "
    "--publish 127.0.0.1:5001:5000 --volume shipway-kind-registry:/var/lib/registry "
    "docker.io/library/registry:3.0.0"
)
START_NODE, START_REGISTRY = f"docker start {NODE}", f"docker start {REGISTRY}"
DROP_REGISTRY = f"docker rm --force {REGISTRY}"
VOLUMES = f"docker volume ls --quiet --filter name={VOLUME}"
DROP_VOLUME = f"docker volume rm {VOLUME}"
CREATE = (
    "kind create cluster --name dagger-demo --config {home}/cluster.yaml "
    "--kubeconfig {home}/kubeconfig --wait 3m"
)
GET_KUBECONFIG = "kind get kubeconfig --name dagger-demo"
DELETE = "kind delete cluster --name dagger-demo --kubeconfig {home}/kubeconfig"
READ_AUTHORITY = f"docker exec {NODE} cat {AUTHORITY}"
READ_HOSTS = f"docker exec {NODE} cat {HOSTS}"
WRITE_HOSTS = f"docker exec --interactive {NODE} install -D --mode 644 /dev/stdin {HOSTS}"
CONNECT = f"docker network connect kind {REGISTRY}"
HELM = (
    "helm upgrade traefik oci://ghcr.io/traefik/helm/traefik --install --version 41.6.1 "
    "--namespace traefik --create-namespace --values {home}/traefik.yaml "
    "--kubeconfig {home}/kubeconfig --kube-context kind-dagger-demo"
)
UNINSTALL = (
    "helm uninstall traefik --namespace traefik --ignore-not-found --wait --timeout 60s "
    "--kubeconfig {home}/kubeconfig --kube-context kind-dagger-demo"
)
NODE_INFO = (
    *("architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion"),
    *("kubeletVersion", "machineID", "operatingSystem", "osImage", "systemUUID"),
)
CHANGES = (RUN, CREATE, GET_KUBECONFIG, WRITE_HOSTS, CONNECT, HELM)


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


class Tools:
    """The programs are there."""

    name = "tools"

    async def run(self, _so_far: Facts, _say: Say) -> Outcome:
        return Outcome("helm, kubectl, kind", unchanged=True)


@dataclass
class Container:
    """As the recording says, but for these."""

    running: bool = True
    networks: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    edit: Callable[[dict[str, Any]], None] = lambda _inspected: None


@dataclass
class Machine:
    """One that is not known fails the test."""

    root: Path
    port: int  # of the cluster's API
    authority: str
    layout: Layout = Layout(NAMES)  # noqa: RUF009  # frozen
    store: Store = field(default_factory=Store)
    containers: dict[str, Container] = field(default_factory=dict)
    others: list[dict[str, str]] = field(default_factory=list)  # as `docker ps` lists them
    volumes: set[str] = field(default_factory=set)
    listeners: dict[int, Program] = field(default_factory=dict)
    release: str | None = None  # of Traefik, as helm believes it to be
    ready: bool = True  # whether a node comes up
    served: bool = True  # whether Traefik does
    fails: dict[str, str] = field(default_factory=dict)  # commands that fail, and what they say
    missing: set[str] = field(default_factory=set)  # programs
    cut: tuple[str, str] | None = None  # a command, and whether we end before it or after it
    ran: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root / ".shipway" / "kind"

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    @property
    def ground(self) -> Ground:
        return Ground(
            self.root,
            self.layout,
            self,
            listener=self._listener,
            patience=Patience(limit=2.0, pause=0.01),
        )

    @property
    def changed(self) -> list[str]:
        """What was run that changes something."""
        looks = {VERSION, PS, READ_AUTHORITY, READ_HOSTS, VOLUMES}
        return [
            line
            for line in self.ran
            if line not in looks and not line.startswith("docker container inspect")
        ]

    @property
    def told(self) -> dict[str, str]:
        return {
            event.stage: f"{event.ending}: {self.short(event.summary)}"
            for event in self.events
            if isinstance(event, StageFinished) and event.ending != "skipped"
        }

    @property
    def failure(self) -> tuple[str, str, str | None]:
        """Stage, problem, remedy."""
        [failed] = [
            event
            for event in self.events
            if isinstance(event, StageFinished) and event.ending == "failed"
        ]
        return failed.stage, self.short(failed.summary), self.short(failed.remedy or "")

    def short(self, text: str) -> str:
        return text.replace(str(self.home), "{home}")

    async def setup(self, *, plan: bool = False) -> int:
        stages = journey.plan(self.ground) if plan else journey.setup(self.ground, Tools())
        return await self._go(stages)

    async def teardown(self) -> int:
        return await self._go(journey.teardown(self.ground, Tools()))

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        line = self.short(str(command))
        self.ran.append(line)
        if command.argv[0] in self.missing:
            raise ProgramMissing(command.argv[0])
        if self.cut == (line, "before"):
            raise asyncio.CancelledError
        if line in self.fails:
            lines = self.fails[line].splitlines()
            for each in lines if listen else ():
                assert listen
                listen(each)
            raise CommandFailed(line, 1, tuple(lines[-20:]))
        said = self._play(line, command)
        if self.cut == (line, "after"):
            raise asyncio.CancelledError
        return Finished(command, said, "")

    def make_node(self) -> None:
        """A cluster that kind made: an API of its own, with what kubeadm leaves in it."""
        self.containers[NODE] = Container(networks=("kind",), files={AUTHORITY: self.authority})
        self.store = Store()
        for name in ("default", "kube-public", "kube-system"):
            self.add(NAMESPACES, name, {"status": {"phase": "Active"}})
        self.add(NODES, NODE, self._node())

    def half_installed(self) -> None:
        """As where helm was cut off before Traefik's Deployment."""
        self.store.delete(DEPLOYMENTS, "traefik", "traefik")

    def add(self, resource: Resource, name: str, body: Object, namespace: str = "") -> None:
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        self.store.create(resource, {**body, "metadata": {**metadata, **body.get("metadata", {})}})

    def names(self, resource: Resource) -> set[str]:
        return {each["metadata"]["name"] for each in self.store.list(resource)}

    def kubeconfig_text(self) -> str:
        """As kind prints it; its user has a certificate, ours a token."""
        text = kubeconfig(self.port, self.authority, TOKEN)
        return text.replace("drydock", "kind-dagger-demo")

    def _play(self, line: str, command: Command) -> str:
        effects: dict[str, Callable[[], str | None]] = {
            VERSION: lambda: json.dumps(
                {
                    "Client": {"Version": "28.2.2"},
                    "Server": {"Version": "20.10.24", "Os": "linux", "Arch": "amd64"},
                }
            ),
            PS: self.listed,
            RUN: self._run_registry,
            START_NODE: lambda: self._start(NODE),
            START_REGISTRY: lambda: self._start(REGISTRY),
            DROP_REGISTRY: lambda: self._drop(REGISTRY),
            VOLUMES: lambda: "\n".join(self.volumes),
            DROP_VOLUME: lambda: self.volumes.remove(VOLUME),
            CREATE: self._create,
            GET_KUBECONFIG: self.kubeconfig_text,
            DELETE: lambda: self._drop(NODE),
            READ_AUTHORITY: lambda: self._read(line, AUTHORITY),
            READ_HOSTS: lambda: self._read(line, HOSTS),
            WRITE_HOSTS: lambda: self._write(HOSTS, command.stdin or ""),
            CONNECT: self._connect,
            HELM: self._helm,
            UNINSTALL: self._uninstall,
        }
        if line.startswith("docker container inspect "):
            return json.dumps([self.inspected(name) for name in command.argv[3:]])
        return effects[line]() or ""

    def listed(self) -> str:
        listed = {
            each["Names"]: each
            for each in map(json.loads, recorded("docker-ps-all.jsonl").splitlines())
        }
        mine = [
            {**listed[name], "Ports": self._published(name) if found.running else ""}
            for name, found in self.containers.items()
        ]
        return "".join(json.dumps(each) + "\n" for each in [*mine, *self.others])

    def inspected(self, name: str) -> dict[str, Any]:
        every = {each["Name"]: each for each in json.loads(recorded("docker-inspect-all.json"))}
        found, container = deepcopy(every[f"/{name}"]), self.containers[name]
        found["State"]["Running"] = container.running
        found["NetworkSettings"]["Networks"] = {key: {} for key in container.networks}
        if name == NODE:
            binding = {"HostIp": "127.0.0.1", "HostPort": str(self.port)}
            found["HostConfig"]["PortBindings"]["6443/tcp"] = [binding]
        container.edit(found)
        assert isinstance(found, dict)
        return found

    def _published(self, name: str) -> str:
        bindings = self.inspected(name)["HostConfig"]["PortBindings"]
        return ", ".join(
            f"{each['HostIp']}:{each['HostPort']}->{port}"
            for port, hosts in bindings.items()
            for each in hosts
        )

    def _run_registry(self) -> None:
        self.containers[REGISTRY] = Container(networks=("bridge",))
        self.volumes.add(VOLUME)

    def _start(self, name: str) -> None:
        self.containers[name].running = True

    def _drop(self, name: str) -> None:
        self.containers.pop(name, None)

    def _create(self) -> None:
        assert NODE not in self.containers
        assert (self.home / "unfinished").exists()
        assert (self.home / "cluster.yaml").read_text() == self.layout.config
        self.make_node()
        self.kubeconfig.write_text(self.kubeconfig_text())
        self.kubeconfig.chmod(0o600)

    def _read(self, line: str, path: str) -> str:
        files = self.containers[NODE].files
        if path not in files:
            said = recorded("docker-exec-no-file.txt").replace(HOSTS, path)
            raise CommandFailed(line, 1, tuple(said.splitlines()))
        return files[path]

    def _write(self, path: str, text: str) -> None:
        self.containers[NODE].files[path] = text

    def _connect(self) -> None:
        registry = self.containers[REGISTRY]
        assert "kind" not in registry.networks
        registry.networks = (*registry.networks, "kind")

    def _helm(self) -> None:
        """Until it is done, helm's own record says that somebody works on it."""
        if self.release == "pending-install":
            said = (
                "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"
            )
            raise CommandFailed(HELM, 1, (said,))
        self.release = "pending-install"
        values = json.loads((self.home / "traefik.yaml").read_text())
        if "traefik" not in self.names(DEPLOYMENTS):
            self.add(NAMESPACES, "traefik", {"status": {"phase": "Active"}})
            self.add(DEPLOYMENTS, "traefik", self._traefik(values), "traefik")
            default = {"ingressclass.kubernetes.io/is-default-class": "true"}
            self.add(INGRESS_CLASSES, "traefik", {"metadata": {"annotations": default}})
        if self.cut != (HELM, "after"):
            self.release = "deployed"

    def _uninstall(self) -> None:
        self.store.delete(INGRESS_CLASSES, "", "traefik")
        self.store.delete(NAMESPACES, "", "traefik")
        self.release = None

    def _traefik(self, values: dict[str, Any]) -> Object:
        ready = 1 if self.served else 0
        container = {"name": "traefik", "image": "docker.io/traefik:v3.7.13"}
        return {
            "metadata": {
                "labels": {"helm.sh/chart": "traefik-41.6.1"},
                "annotations": values["deployment"]["annotations"],
                "generation": 1,
            },
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"a": "b"}},
                "template": {"spec": {"containers": [container]}},
            },
            "status": {
                "observedGeneration": 1,
                "replicas": 1,
                "updatedReplicas": 1,
                "readyReplicas": ready,
                "availableReplicas": ready,
            },
        }

    def _node(self) -> Object:
        ready = {"type": "Ready", "status": str(self.ready)}
        info = dict.fromkeys(NODE_INFO, "") | {"kubeletVersion": "v1.36.1"}
        return {"status": {"conditions": [ready], "nodeInfo": info}}

    async def _listener(self, port: int) -> Program | None:
        return self.listeners.get(port)

    async def _go(self, stages: Iterable[Stage]) -> int:
        self.events.clear()
        self.ran.clear()
        steps = list(in_turn(*stages))
        begin = RunStarted("now", "setup", "kind", tuple(step.name for step in steps))
        code = (await engine.run(steps, begin, self.events.append)).exit_code
        bugs = [e.traceback for e in self.events if isinstance(e, StageFinished) and e.traceback]
        assert not bugs, bugs[0]
        return code


def config_map(machine: Machine) -> Object:
    found = machine.store.get(CONFIG_MAPS, "kube-public", "local-registry-hosting")
    assert found is not None
    data: Object = found["data"]
    return data
