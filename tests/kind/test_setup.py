"""Set-up from nothing, again, and after it was cut off anywhere; teardown, and again."""

import asyncio
from typing import Any

import pytest
import yaml

from drydock.resources import NAMESPACES
from shipway.kind.layout import Layout
from tests.kind.machine import (
    CHANGES,
    CONNECT,
    CREATE,
    DELETE,
    DROP_REGISTRY,
    DROP_VOLUME,
    GET_KUBECONFIG,
    HELM,
    HOSTS,
    NAMES,
    NODE,
    PS,
    READ_AUTHORITY,
    READ_HOSTS,
    REGISTRY,
    RUN,
    START_NODE,
    START_REGISTRY,
    UNINSTALL,
    VERSION,
    WRITE_HOSTS,
    Machine,
    config_map,
)

SUMMARIES = {
    "docker": "engine 20.10.24",
    "registry": "localhost:5001, container kind-registry",
    "cluster": "dagger-demo, container dagger-demo-control-plane",
    "kubeconfig": "context kind-dagger-demo, namespace dev, in .shipway/kind/kubeconfig",
    "node": "Ready, Kubernetes v1.36.1",
    "mirror": "the node finds localhost:5001",
    "network": "kind-registry is on the network kind",
    "hosting": "kube-public/local-registry-hosting names localhost:5001",
    "traefik": "chart 41.6.1, the default ingress class traefik",
    "namespaces": "dev, staging, prod",
}
ALL_THERE = {
    **{stage: f"unchanged: {summary}" for stage, summary in SUMMARIES.items()},
    "ports": "unchanged: 80 ours, 443 ours, 5001 ours",
    "tools": "unchanged: helm, kubectl, kind",
}


async def test_from_nothing_to_a_cluster_to_release_to(machine: Machine) -> None:
    assert await machine.setup() == 0
    assert machine.told == {
        **{stage: f"done: {summary}" for stage, summary in SUMMARIES.items()},
        "docker": "unchanged: engine 20.10.24",
        "tools": "unchanged: helm, kubectl, kind",
        "ports": "unchanged: 80 free, 443 free, 5001 free",
        "node": "unchanged: Ready, Kubernetes v1.36.1",
    }
    assert machine.changed == list(CHANGES)
    assert machine.containers[NODE].files[HOSTS] == '[host."http://kind-registry:5000"]\n'
    assert yaml.safe_load(config_map(machine)["localRegistryHosting.v1"]) == {
        "host": "localhost:5001",
        "hostFromContainerRuntime": "kind-registry:5000",
        "hostFromClusterNetwork": "kind-registry:5000",
        "help": "https://kind.sigs.k8s.io/docs/user/local-registry/",
    }
    assert {"dev", "staging", "prod"} <= machine.names(NAMESPACES)
    assert not (machine.home / "unfinished").exists()
    assert machine.kubeconfig.stat().st_mode & 0o777 == 0o600
    [context] = yaml.safe_load(machine.kubeconfig.read_text())["contexts"]
    assert context["context"]["namespace"] == "dev"


async def test_a_second_set_up_finds_all_of_it_there(machine: Machine) -> None:
    await machine.setup()
    assert await machine.setup() == 0
    assert machine.told == ALL_THERE
    inspected = f"docker container inspect {REGISTRY} {NODE}"
    assert machine.ran == [VERSION, PS, inspected, READ_AUTHORITY, READ_HOSTS]


async def test_a_plan_says_what_it_would_do_and_does_none_of_it(machine: Machine) -> None:
    assert await machine.setup(plan=True) == 0
    assert machine.told == {
        "docker": "unchanged: engine 20.10.24",
        "ports": "unchanged: 80 free, 443 free, 5001 free",
        "registry": "done: would run docker.io/library/registry:3.0.0 on localhost:5001",
        "cluster": "done: would make the cluster dagger-demo with kind, in a minute or more",
        "kubeconfig": f"done: would write the {SUMMARIES['kubeconfig']}",
        "node": "done: would wait until the node is Ready",
        "mirror": f"done: would write {HOSTS} on the node",
        "network": "done: would connect kind-registry to the network kind",
        "hosting": "done: would write the ConfigMap kube-public/local-registry-hosting",
        "traefik": "done: would install oci://ghcr.io/traefik/helm/traefik 41.6.1",
        "namespaces": "done: would create dev, staging, prod",
    }
    assert machine.ran == [VERSION, PS]
    assert not (machine.root / ".shipway").exists()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("command", CHANGES, ids=lambda line: "-".join(line.split()[:3]))
async def test_a_set_up_that_was_cut_off_is_completed(
    machine: Machine, command: str, when: str
) -> None:
    machine.cut = (command, when)
    with pytest.raises(asyncio.CancelledError):
        await machine.setup()
    machine.cut = None
    assert await machine.setup() == 0
    assert await machine.setup() == 0
    assert machine.told == ALL_THERE


async def test_a_cluster_whose_making_was_cut_off_is_made_anew(machine: Machine) -> None:
    machine.cut = (CREATE, "after")
    with pytest.raises(asyncio.CancelledError):
        await machine.setup()
    machine.cut = None
    await machine.setup()
    assert machine.changed[:2] == [DELETE, CREATE]


async def test_a_helm_that_was_cut_off_is_taken_back_and_begun_again(machine: Machine) -> None:
    machine.cut = (HELM, "after")
    with pytest.raises(asyncio.CancelledError):
        await machine.setup()
    machine.cut = None
    machine.half_installed()
    assert await machine.setup() == 0
    assert machine.changed == [HELM, UNINSTALL, HELM]


async def test_what_was_stopped_is_started(machine: Machine) -> None:
    await machine.setup()
    for container in machine.containers.values():
        container.running = False
    assert await machine.setup() == 0
    assert machine.changed == [START_REGISTRY, START_NODE]
    assert await machine.setup() == 0
    assert machine.told == ALL_THERE


async def test_a_cluster_that_was_made_anew_by_hand_gets_what_it_lacks(machine: Machine) -> None:
    await machine.setup()
    machine.make_node()
    machine.kubeconfig.write_text(machine.kubeconfig.read_text().replace("LS0t", "LS0u"))
    assert await machine.setup() == 0
    assert machine.changed == [GET_KUBECONFIG, WRITE_HOSTS, HELM]
    assert await machine.setup() == 0
    assert machine.told == ALL_THERE


async def test_a_kubeconfig_that_others_can_read_is_written_anew(machine: Machine) -> None:
    await machine.setup()
    machine.kubeconfig.chmod(0o644)
    await machine.setup()
    assert machine.changed == [GET_KUBECONFIG]
    assert machine.kubeconfig.stat().st_mode & 0o777 == 0o600


async def test_a_registry_of_ours_on_another_port_is_replaced(machine: Machine) -> None:
    await machine.setup()

    def elsewhere(inspected: dict[str, Any]) -> None:
        binding = {"HostIp": "127.0.0.1", "HostPort": "5002"}
        inspected["HostConfig"]["PortBindings"] = {"5000/tcp": [binding]}

    machine.containers[REGISTRY].edit = elsewhere
    machine.containers[REGISTRY].running = False
    assert await machine.setup() == 0
    assert machine.changed == [DROP_REGISTRY, RUN, CONNECT]


async def test_a_new_environment_gets_its_namespace(machine: Machine) -> None:
    await machine.setup()
    machine.layout = Layout((*NAMES, "review"))
    assert await machine.setup() == 0
    assert machine.told == {**ALL_THERE, "namespaces": "done: dev, staging, prod, review"}
    assert {*NAMES, "review"} <= machine.names(NAMESPACES)


async def test_teardown_leaves_nothing_and_finds_nothing_the_second_time(machine: Machine) -> None:
    await machine.setup()
    assert await machine.teardown() == 0
    assert machine.told == {
        "docker": "unchanged: engine 20.10.24",
        "tools": "unchanged: helm, kubectl, kind",
        "cluster": "done: the cluster dagger-demo is gone",
        "registry": "done: the registry and its images are gone",
        "forget": "done: .shipway/kind is removed",
    }
    assert machine.changed == [DELETE, DROP_REGISTRY, DROP_VOLUME]
    assert (machine.containers, machine.volumes, machine.home.exists()) == ({}, set(), False)
    assert await machine.teardown() == 0
    assert machine.told == {
        "docker": "unchanged: engine 20.10.24",
        "tools": "unchanged: helm, kubectl, kind",
        "cluster": "unchanged: no cluster dagger-demo",
        "registry": "unchanged: no registry and no volume",
        "forget": "unchanged: no .shipway/kind",
    }
    assert machine.changed == []


async def test_another_port_of_the_project_leads_to_the_node_s_port_80(machine: Machine) -> None:
    machine.layout = Layout(NAMES, http=8080)
    [node] = yaml.safe_load(machine.layout.config)["nodes"]
    assert node["extraPortMappings"] == [
        {"containerPort": 80, "hostPort": 8080, "protocol": "TCP"},
        {"containerPort": 443, "hostPort": 443, "protocol": "TCP"},
    ]
    await machine.setup(plan=True)
    assert machine.told["ports"] == "unchanged: 8080 free, 443 free, 5001 free"
