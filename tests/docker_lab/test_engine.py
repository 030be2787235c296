"""What the engine of a lab is told, which of its traces are found again, and what it says when it cannot start."""

import json
import tomllib
from pathlib import Path

import pytest
from docker_lab.daemons import belongs
from docker_lab.engine import containerd_config, dockerd_config, last_words
from docker_lab.lab import mounts
from docker_lab.place import Place

PLACE = Place(Path("/run/docker-lab-abcd1234"), Path("/clone/.shipway/docker-lab/engine-abcd1234"))


def test_dockerd_has_everything_to_itself_and_leaves_the_firewall_alone() -> None:
    assert json.loads(dockerd_config(PLACE)) == {
        "hosts": ["unix:///run/docker-lab-abcd1234/docker.sock"],
        "containerd": "/run/docker-lab-abcd1234/containerd.sock",
        "data-root": "/clone/.shipway/docker-lab/engine-abcd1234/docker",
        "exec-root": "/run/docker-lab-abcd1234/docker",
        "pidfile": "/run/docker-lab-abcd1234/docker.pid",
        "deprecated-key-path": "/clone/.shipway/docker-lab/engine-abcd1234/key.json",
        "storage-driver": "overlay2",
        "cgroup-parent": "/lababcd1234",
        "bridge": "lababcd1234",
        "iptables": False,
        "ip-forward": False,
        "ip-masq": False,
    }


def test_containerd_is_not_the_one_of_the_machine() -> None:
    assert tomllib.loads(containerd_config(PLACE)) == {
        "version": 2,
        "root": "/clone/.shipway/docker-lab/engine-abcd1234/containerd",
        "state": "/run/docker-lab-abcd1234/containerd",
        "disabled_plugins": ["io.containerd.grpc.v1.cri"],
        "grpc": {"address": "/run/docker-lab-abcd1234/containerd.sock"},
        "plugins": {
            "io.containerd.internal.v1.opt": {
                "path": "/clone/.shipway/docker-lab/engine-abcd1234/opt"
            }
        },
    }


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", "it said nothing"),
        (
            'time="1" level=info msg="Starting up"\nfailed to start daemon: Devices cgroup isn\'t mounted\n',
            "failed to start daemon: Devices cgroup isn't mounted",
        ),
        (
            'time="1" level=fatal msg="no \\"overlay\\" here" error=x\n\n',
            'no "overlay" here',
        ),
    ],
)
def test_a_daemon_that_ends_is_quoted(log: str, words: str) -> None:
    assert last_words(log) == words


@pytest.mark.parametrize(
    ("line", "program"),
    [
        (["/usr/sbin/dockerd", "--config-file", "/run/docker-lab-abcd1234/docker.json"], "dockerd"),
        (
            ["python", "-m", "docker_lab.registry", f"{PLACE.data}/registry"],
            "docker_lab.registry",
        ),
        (["/usr/sbin/dockerd", "--config-file", "/run/docker-lab-other000/docker.json"], None),
        (["/usr/sbin/dockerd", "-H", "fd://"], None),
        (["tail", "-f", "/run/docker-lab-abcd1234/dockerd.log"], None),
        (["docker", "-H", "unix:///run/docker-lab-abcd1234/docker.sock", "ps"], None),
        ([], None),
    ],
)
def test_only_daemons_of_this_lab_are_ended(line: list[str], program: str | None) -> None:
    assert belongs(line, PLACE) == program


def test_mounts_are_undone_from_the_inside_and_only_ours() -> None:
    table = "\n".join(
        f"{number} 1 0:1 / {point} rw - ext4 /dev/vda rw"
        for number, point in enumerate(
            (
                "/",
                "/run/docker-lab-abcd1234/docker",
                "/run/docker-lab-abcd1234/docker/netns/default",
                "/run/docker-lab-abcd12345",
                "/clone/.shipway/docker-lab/engine-abcd1234/docker",
            )
        )
    )
    assert mounts(table, PLACE) == [
        "/clone/.shipway/docker-lab/engine-abcd1234/docker",
        "/run/docker-lab-abcd1234/docker/netns/default",
        "/run/docker-lab-abcd1234/docker",
    ]
