"""containerd and dockerd of a lab: what they are told, and what they say when they cannot."""

import json
from pathlib import Path

from docker_lab.place import Place


def containerd_config(place: Place) -> str:
    """A containerd of our own: dockerd would otherwise use one that runs already, and its containers."""
    quoted = {name: json.dumps(str(path)) for name, path in _containerd_paths(place).items()}
    return (
        "version = 2\n"
        f"root = {quoted['root']}\n"
        f"state = {quoted['state']}\n"
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        "[grpc]\n"
        f"address = {quoted['address']}\n"
        '[plugins."io.containerd.internal.v1.opt"]\n'
        f"path = {quoted['opt']}\n"
    )


def _containerd_paths(place: Place) -> dict[str, Path]:
    return {
        "root": place.data / "containerd",
        "state": place.run / "containerd",
        "address": place.containerd_socket,
        "opt": place.data / "opt",
    }


def containerd(config: Path) -> tuple[str, ...]:
    return ("containerd", "--config", str(config))


def dockerd_config(place: Place) -> str:
    """The machine's firewall and its kernel's settings stay: docker-proxy serves published ports, nothing leads out."""
    return json.dumps(
        {
            "hosts": [place.host],
            "containerd": str(place.containerd_socket),
            "data-root": str(place.data / "docker"),
            "exec-root": str(place.run / "docker"),
            "pidfile": str(place.run / "docker.pid"),
            "deprecated-key-path": str(place.data / "key.json"),
            "storage-driver": "overlay2",
            "cgroup-parent": f"/{place.name}",
            "bridge": place.name,
            "iptables": False,
            "ip-forward": False,
            "ip-masq": False,
        },
        indent=2,
    )


def dockerd(config: Path) -> tuple[str, ...]:
    return ("dockerd", "--config-file", str(config))


def last_words(log: str) -> str:
    """Why a daemon ended. It prints its reason last, plainly or as the msg of a line of fields."""
    lines = [line for line in log.splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    _, found, rest = lines[-1].partition(' msg="')
    return rest.rpartition('"')[0].replace('\\"', '"') if found else lines[-1].strip()
