"""What stands in the way is named, and left as it is."""

import asyncio
import os
from typing import Any

import psutil
import pytest

from shipway.kind.ports import Program, listener
from tests.kind.machine import (
    CREATE,
    GET_KUBECONFIG,
    HELM,
    NODE,
    PS,
    READ_AUTHORITY,
    REGISTRY,
    RUN,
    VERSION,
    VOLUMES,
    Container,
    Machine,
    recorded,
)

VERSIONS = ("0.27.0", "0.29.0", "0.30.0", "0.31.0", "0.32.0", "0.33.0")
LISTED = {
    "Names": "web",
    "Labels": "",
    "Ports": "0.0.0.0:80->8080/tcp, [::]:80->8080/tcp, 127.0.0.1:9000-9002->9000-9002/tcp",
}


async def test_a_container_on_port_80(machine: Machine) -> None:
    machine.others.append(LISTED)
    assert await machine.setup() == 2
    assert machine.failure == (
        "ports",
        "port 80 is taken by the container web",
        "docker stop web, or choose another port: targets.kind.port in shipway.yaml; "
        "then: shipway setup kind",
    )
    assert machine.changed == []


async def test_a_program_on_port_443(machine: Machine) -> None:
    machine.listeners[443] = Program("nginx", 812)
    assert await machine.setup() == 2
    assert machine.failure == (
        "ports",
        "port 443 is taken by nginx (process 812)",
        "end it; then: shipway setup kind",
    )


async def test_somebody_s_program_on_port_5001_whose_name_only_root_may_know(
    machine: Machine,
) -> None:
    machine.listeners[5001] = Program()
    assert await machine.setup() == 2
    assert machine.failure == (
        "ports",
        "port 5001 is taken by a program that does not tell",
        "end it (sudo ss -ltnp 'sport = :5001' shows it); then: shipway setup kind",
    )


async def test_a_stopped_cluster_whose_port_somebody_has_taken_since(machine: Machine) -> None:
    await machine.setup()
    machine.containers[NODE].running = False
    machine.listeners[80] = Program("nginx", 812)
    assert await machine.setup() == 2
    assert machine.failure[1] == "port 80 is taken by nginx (process 812)"


async def test_a_registry_of_somebody_else(machine: Machine) -> None:
    def unlabelled(inspected: dict[str, Any]) -> None:
        inspected["Config"]["Labels"] = {}

    machine.containers[REGISTRY] = Container(networks=("bridge",), edit=unlabelled)
    assert await machine.setup() == 2
    assert machine.failure == (
        "registry",
        "there is a container kind-registry already, and it is not ours",
        "if nobody needs it: docker rm -f kind-registry; then: shipway setup kind",
    )
    assert await machine.teardown() == 0
    assert (
        machine.told["registry"] == "unchanged: the container kind-registry is not ours and stays"
    )
    assert REGISTRY in machine.containers


async def test_a_cluster_of_that_name_without_our_ports(machine: Machine) -> None:
    def plain(inspected: dict[str, Any]) -> None:
        del inspected["HostConfig"]["PortBindings"]["443/tcp"]
        inspected["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = "8080"

    machine.make_node()
    machine.containers[NODE].edit = plain
    assert await machine.setup() == 2
    foreign = (
        "cluster",
        "there is a Kind cluster dagger-demo already, and it is another one: port 80 of this machine "
        "does not lead to its port 80; port 443 of this machine does not lead to its port 443",
        "if nobody needs it: kind delete cluster --name dagger-demo; then: shipway setup kind",
    )
    assert machine.failure == foreign
    assert await machine.teardown() == 2
    assert machine.failure == foreign
    assert machine.changed == []


async def test_a_container_that_has_our_node_s_name(machine: Machine) -> None:
    def stranger(inspected: dict[str, Any]) -> None:
        inspected["Config"]["Labels"] = {}

    machine.make_node()
    machine.containers[NODE].edit = stranger
    machine.containers[NODE].running = False
    assert await machine.setup() == 2
    assert machine.failure[1] == (
        "there is a container dagger-demo-control-plane already, and it is not ours"
    )


@pytest.mark.parametrize(
    ("said", "problem", "remedy"),
    [
        (
            recorded("docker-run-not-pulled.txt"),
            "the image docker.io/library/registry:3.0.0 cannot be pulled: Get "
            '"https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on '
            "192.0.2.53:53: no such host",
            "once its registry can be reached: docker pull docker.io/library/registry:3.0.0; "
            "then: shipway setup kind",
        ),
        (
            recorded("docker-run-port-in-use.txt"),
            "port 5001 is taken by a program that does not tell",
            "end it (sudo ss -ltnp 'sport = :5001' shows it); then: shipway setup kind",
        ),
        (
            recorded("docker-run-port-allocated.txt"),
            "port 5001 is taken by a program that does not tell",
            "end it (sudo ss -ltnp 'sport = :5001' shows it); then: shipway setup kind",
        ),
        (
            recorded("docker-run-name-taken.txt"),
            "there is a container kind-registry already, and it is not ours",
            "if nobody needs it: docker rm -f kind-registry; then: shipway setup kind",
        ),
        (
            "docker: write /var/lib/docker/tmp/GetImageBlob1: no space left on device.",
            f"the Docker engine has no space left: {RUN}",
            "docker system df shows what takes it; docker system prune frees what nothing uses",
        ),
    ],
    ids=["not pulled", "port in use", "port allocated", "name taken", "disk full"],
)
async def test_a_registry_that_does_not_start(
    machine: Machine, said: str, problem: str, remedy: str
) -> None:
    machine.fails[RUN] = said
    assert await machine.setup() in {1, 2}
    assert machine.failure == ("registry", problem, remedy)


KNOWN = "https://kind.sigs.k8s.io/docs/user/known-issues/"
WATCHES = "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"


@pytest.mark.parametrize(
    ("said", "problem", "remedy"),
    [
        (
            "ERROR: failed to create cluster: failed to init node with kubeadm: command failed\n"
            "Failed to allocate directory watch: Too many open files",
            "kind could not make the cluster: too many open files",
            f"{WATCHES}; then: shipway setup kind. More: {KNOWN}",
        ),
        (
            recorded("kind-0.32.0-create-exists.txt").splitlines()[0]
            + "\nERROR: failed to create cluster: failed to init node with kubeadm: command failed",
            "kind could not make the cluster: this machine still has cgroup v1, which Kubernetes has "
            "left behind",
            "boot it with cgroup v2 (systemd.unified_cgroup_hierarchy=1); then: shipway setup kind. "
            f"More: {KNOWN}",
        ),
        (
            'ERROR: failed to create cluster: could not find a log line that matches "Reached target '
            '.*Multi-User System.*|detected cgroup v1"',
            "kind could not make the cluster: its node did not come up, as happens where memory or "
            "inotify watches are short",
            "give Docker 4 GB or more, and: sudo sysctl fs.inotify.max_user_instances=512; "
            f"then: shipway setup kind. More: {KNOWN}",
        ),
        *(
            (
                recorded(f"kind-{version}-create-exists.txt"),
                "kind could not make the cluster: node(s) already exist for a cluster with the name "
                '"dagger-demo"',
                f"shipway setup kind once the cause is gone; what kind knows of: {KNOWN}",
            )
            for version in VERSIONS
        ),
        (
            "ERROR: failed to create cluster: docker: Cannot connect to the Docker daemon at "
            "unix:///var/run/docker.sock. Is the docker daemon running?",
            "no Docker engine answers at unix:///var/run/docker.sock",
            "start it: Docker Desktop, or: sudo systemctl start docker",
        ),
    ],
    ids=["inotify", "cgroup v1", "no systemd", *VERSIONS, "docker down"],
)
async def test_a_cluster_that_cannot_be_made(
    machine: Machine, said: str, problem: str, remedy: str
) -> None:
    machine.fails[CREATE] = said
    assert await machine.setup() in {1, 2}
    assert machine.failure == ("cluster", problem, remedy)


@pytest.mark.parametrize(
    ("version", "node"),
    [
        ("0.27.0", "v1.32.2"),
        ("0.29.0", "v1.33.1"),
        ("0.30.0", "v1.34.0"),
        ("0.31.0", "v1.35.0"),
        ("0.32.0", "v1.36.1"),
        ("0.33.0", "v1.37.0"),
    ],
)
async def test_a_node_image_that_cannot_be_pulled(
    machine: Machine, version: str, node: str
) -> None:
    machine.fails[CREATE] = recorded(f"kind-{version}-create-not-pulled.txt")
    assert await machine.setup() == 1
    assert machine.failure == (
        "cluster",
        f'the image kindest/node:{node} cannot be pulled: Get "https://registry-1.docker.io/v2/": '
        "dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host",
        f"once its registry can be reached: docker pull kindest/node:{node}; then: shipway setup kind",
    )


@pytest.mark.parametrize(
    "said",
    [
        "kind-0.32.0-get-kubeconfig-no-admin-conf.txt",
        *(f"kind-{version}-get-kubeconfig-missing.txt" for version in VERSIONS),
    ],
)
async def test_a_node_on_which_kubernetes_was_never_set_up(machine: Machine, said: str) -> None:
    machine.make_node()
    machine.fails[GET_KUBECONFIG] = recorded(said)
    assert await machine.setup() == 1
    assert machine.failure == (
        "kubeconfig",
        "the Kind cluster dagger-demo does not work: its node has no kubeconfig",
        "docker restart dagger-demo-control-plane, or make it anew: "
        "shipway teardown kind && shipway setup kind",
    )


async def test_a_node_that_lost_its_authority(machine: Machine) -> None:
    await machine.setup()
    machine.fails[READ_AUTHORITY] = recorded("docker-exec-no-file.txt")
    assert await machine.setup() == 1
    assert machine.failure[1] == (
        "the Kind cluster dagger-demo does not work: Kubernetes was never set up on its node"
    )


async def test_a_node_that_does_not_become_ready(machine: Machine) -> None:
    machine.ready = False
    assert await machine.setup() == 1
    stage, problem, _ = machine.failure
    assert stage == "node"
    assert problem.startswith(
        "the Kind cluster dagger-demo does not work: after 2 s it is not Ready"
    )


async def test_a_chart_that_cannot_be_had(machine: Machine) -> None:
    machine.fails[HELM] = "Error: failed to do request: dial tcp: lookup ghcr.io: no such host"
    assert await machine.setup() == 1
    assert machine.failure == (
        "traefik",
        "Traefik's chart oci://ghcr.io/traefik/helm/traefik 41.6.1 could not be installed",
        "shipway setup kind, once ghcr.io can be reached",
    )


async def test_a_traefik_that_does_not_start(machine: Machine) -> None:
    machine.served = False
    assert await machine.setup() == 1
    stage, problem, remedy = machine.failure
    assert (stage, problem.partition(":")[0]) == ("traefik", "Traefik did not become ready")
    assert remedy == (
        "look closer: kubectl --kubeconfig {home}/kubeconfig --context kind-dagger-demo describe pods "
        "--namespace traefik --selector app.kubernetes.io/instance=traefik; then: shipway setup kind"
    )


@pytest.mark.parametrize(
    ("said", "problem", "remedy"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
            "Is the docker daemon running?",
            "no Docker engine answers at unix:///var/run/docker.sock",
            "start it: Docker Desktop, or: sudo systemctl start docker",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at "
            "unix:///var/run/docker.sock: connect: permission denied",
            "this account may not talk to the Docker engine at unix:///var/run/docker.sock",
            "sudo usermod -aG docker $USER, then log in again",
        ),
    ],
    ids=["down", "denied"],
)
async def test_an_engine_that_does_not_answer(
    machine: Machine, said: str, problem: str, remedy: str
) -> None:
    machine.fails[VERSION] = said
    assert await machine.setup() == 2
    assert machine.failure == ("docker", problem, remedy)
    assert await machine.teardown() == 2
    assert machine.failure == ("docker", problem, remedy)


async def test_no_docker_at_all(machine: Machine) -> None:
    machine.missing.add("docker")
    assert await machine.setup() == 2
    assert machine.failure == (
        "docker",
        "docker is not on the PATH",
        "install Docker: https://docs.docker.com/engine/install/",
    )


async def test_a_volume_whose_name_only_begins_like_ours_stays(machine: Machine) -> None:
    machine.volumes.add("shipway-kind-registry-backup")
    assert await machine.teardown() == 0
    assert machine.ran == [VERSION, PS, VOLUMES]
    assert machine.volumes == {"shipway-kind-registry-backup"}


async def test_who_listens_is_named() -> None:
    server = await asyncio.start_server(_nobody, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await listener(port)
    assert found is not None
    assert found.pid == os.getpid()
    assert str(found) == f"{psutil.Process().name()} (process {os.getpid()})"
    assert await listener(port) is None


def _nobody(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
