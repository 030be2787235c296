"""What a real Docker engine says of the containers, read."""

import pytest

from shipway.kind.containers import Container, Containers, containers
from shipway.testing.scripted_shell import Expect, ScriptedShell
from tests.kind.machine import NODE, PS, REGISTRY, recorded

LABELS = {"io.x-k8s.kind.cluster": "dagger-demo", "io.x-k8s.kind.role": "control-plane"}
PUBLISHED = {80: (80,), 443: (443,), 6443: (36443,)}
OURS = {"dev.shipway.target": "kind"}
INSPECT = f"docker container inspect {NODE} {REGISTRY}"


def node(*, running: bool) -> Container:
    return Container(NODE, running, LABELS, PUBLISHED, ("kind",))


def registry(*networks: str, running: bool = True) -> Container:
    return Container(REGISTRY, running, OURS, {5000: (5001,)}, networks)


@pytest.mark.parametrize(
    ("listed", "inspected", "found"),
    [
        (
            "docker-ps-all.jsonl",
            "docker-inspect-all.json",
            Containers(
                (node(running=True),),
                registry("bridge", "kind"),
                holders={80: NODE, 443: NODE, 36443: NODE, 5001: REGISTRY},
            ),
        ),
        (
            "docker-ps-before-network.jsonl",
            "docker-inspect-before-network.json",
            Containers(
                (node(running=True),),
                registry("bridge"),
                holders={80: NODE, 443: NODE, 36443: NODE, 5001: REGISTRY},
            ),
        ),
        (
            "docker-ps-stopped.jsonl",
            "docker-inspect-stopped.json",
            Containers((node(running=False),), registry("bridge", "kind", running=False)),
        ),
    ],
    ids=["all", "before the network", "stopped"],
)
async def test_recorded_containers_are_read(listed: str, inspected: str, found: Containers) -> None:
    shell = ScriptedShell(Expect(PS, recorded(listed)), Expect(INSPECT, recorded(inspected)))
    assert await containers(shell) == found
    assert shell.done


async def test_without_any_of_ours_nothing_is_inspected() -> None:
    shell = ScriptedShell(Expect(PS, '{"Names":"web","Labels":"a=b,c=d","Ports":"80/tcp"}\n'))
    assert await containers(shell) == Containers()


async def test_a_range_of_ports_is_held_as_a_whole() -> None:
    ports = "0.0.0.0:80->8080/tcp, [::]:80->8080/tcp, 127.0.0.1:9000-9002->9000-9002/tcp"
    shell = ScriptedShell(Expect(PS, f'{{"Names":"web","Labels":"","Ports":"{ports}"}}\n'))
    found = await containers(shell)
    assert found.holders == dict.fromkeys((80, 9000, 9001, 9002), "web")
