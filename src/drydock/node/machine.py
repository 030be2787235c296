"""The Node object: this machine, as a kubelet would describe it."""

import platform
from collections.abc import Mapping
from typing import Any

import psutil

from drydock.node import clock
from drydock.node.status import HOST_IP

NAME = "drydock"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PODS = "110"


def allocatable() -> dict[str, str]:
    return {
        "cpu": str(psutil.cpu_count() or 1),
        "memory": f"{psutil.virtual_memory().total // 1024}Ki",
        "ephemeral-storage": f"{psutil.disk_usage('/').total // 1024}Ki",
        "pods": _PODS,
    }


def architecture() -> str:
    """As images and Kubernetes name it."""
    return _MACHINES.get(platform.machine(), platform.machine())


def node() -> dict[str, Any]:
    return {
        "metadata": {
            "name": NAME,
            "labels": {
                "kubernetes.io/hostname": NAME,
                "kubernetes.io/os": platform.system().lower(),
                "kubernetes.io/arch": architecture(),
                "node-role.kubernetes.io/control-plane": "",
            },
        },
        "spec": {},
    }


def node_status(resources: Mapping[str, str]) -> dict[str, Any]:
    now = clock.now()
    return {
        "addresses": [
            {"type": "InternalIP", "address": HOST_IP},
            {"type": "Hostname", "address": NAME},
        ],
        "capacity": dict(resources),
        "allocatable": dict(resources),
        "conditions": [
            {
                "type": type_,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for type_, status, reason, message in (
                (
                    "MemoryPressure",
                    "False",
                    "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available",
                ),
                (
                    "DiskPressure",
                    "False",
                    "KubeletHasNoDiskPressure",
                    "kubelet has no disk pressure",
                ),
                (
                    "PIDPressure",
                    "False",
                    "KubeletHasSufficientPID",
                    "kubelet has sufficient PID available",
                ),
                ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            )
        ],
        "nodeInfo": {
            "architecture": architecture(),
            "operatingSystem": platform.system().lower(),
            "kernelVersion": platform.release(),
            "osImage": platform.platform(),
            "containerRuntimeVersion": "drydock://1",
            "kubeletVersion": "v1.36.0",
            "kubeProxyVersion": "",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
    }
