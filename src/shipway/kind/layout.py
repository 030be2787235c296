"""What a Kind cluster to release to is made of: its names, its ports, and the files that say so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

import yaml

from shipway.kube import local_registry as hosting
from shipway.targets.kind import CLUSTER, CONTEXT

NETWORK = "kind"  # kind's own
NODE = f"{CLUSTER}-control-plane"
REGISTRY_CONTAINER = "kind-registry"
REGISTRY_IMAGE = "docker.io/library/registry:3.0.0"
REGISTRY_PORT = 5001  # on this machine
REGISTRY = f"localhost:{REGISTRY_PORT}"
REGISTRY_INSIDE = 5000  # in its container
REGISTRY_FOLDER = PurePosixPath("/var/lib/registry")
VOLUME = "shipway-kind-registry"
LABEL = "dev.shipway.target=kind"  # of what we made with Docker ourselves
HOSTS = PurePosixPath("/etc/containerd/certs.d") / REGISTRY / "hosts.toml"
AUTHORITY = PurePosixPath("/etc/kubernetes/pki/ca.crt")
API = 6443
CERTS_D = (
    '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n'
)

# The address and the version are those of the chart's own documentation.
CHART = "oci://ghcr.io/traefik/helm/traefik"
CHART_VERSION = "41.6.1"
TRAEFIK = "traefik"  # the release, its namespace, its Deployment and its IngressClass
FINGERPRINT = "dev.shipway/values"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a project wants of its cluster. `http` is the port on this machine."""

    namespaces: tuple[str, ...]
    http: int = 80
    https: int = 443

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.http, self.https, REGISTRY_PORT)

    @property
    def published(self) -> Mapping[int, int]:
        """By port of the node: the port on this machine."""
        return {80: self.http, 443: self.https}

    @property
    def config(self) -> str:
        """For `kind create cluster`."""
        ports = [
            {"containerPort": inside, "hostPort": outside, "protocol": "TCP"}
            for inside, outside in self.published.items()
        ]
        node = {
            "role": "control-plane",
            "labels": {"ingress-ready": "true"},
            "extraPortMappings": ports,
        }
        document = {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "nodes": [node],
            # The mirrors that older guides write here end containerd 2; it only has to know the folder.
            "containerdConfigPatches": [CERTS_D],
        }
        return yaml.safe_dump(document, sort_keys=False)


def hosts() -> str:
    """What `localhost:5001` in an image's name means to a node (containerd's hosts.toml)."""
    return f'[host."http://{REGISTRY_CONTAINER}:{REGISTRY_INSIDE}"]\n'


def local_registry() -> Mapping[str, str]:
    """The data of the ConfigMap that tells other tools of the registry (KEP-1755)."""
    says = {
        "host": REGISTRY,
        "hostFromContainerRuntime": f"{REGISTRY_CONTAINER}:{REGISTRY_INSIDE}",
        "hostFromClusterNetwork": f"{REGISTRY_CONTAINER}:{REGISTRY_INSIDE}",
        "help": "https://kind.sigs.k8s.io/docs/user/local-registry/",
    }
    return {hosting.KEY: yaml.safe_dump(says, sort_keys=False)}


def traefik_values() -> dict[str, Any]:
    """Traefik on the node's own ports 80 and 443, where kind publishes them; it needs no Service."""
    chosen: dict[str, Any] = {
        "ports": {"web": {"hostPort": 80}, "websecure": {"hostPort": 443}},
        "service": {"enabled": False},
        "ingressClass": {"enabled": True, "isDefaultClass": True, "name": TRAEFIK},
        "nodeSelector": {"ingress-ready": "true"},
        "tolerations": [
            {
                "key": "node-role.kubernetes.io/control-plane",
                "operator": "Exists",
                "effect": "NoSchedule",
            }
        ],
        # A second pod would find the ports of the node taken by the first.
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
        },
        "providers": {
            "kubernetesIngress": {
                "allowEmptyServices": True,  # 503 for a service without endpoints, not 404
                "publishedService": {"enabled": False},
            }
        },
        "additionalArguments": [
            # 2 s by default: Traefik would send requests to pods that have ended since
            "--providers.providersThrottleDuration=100ms",
            "--providers.kubernetesingress.ingressendpoint.hostname=localhost",
        ],
    }
    fingerprint = sha256(yaml.safe_dump(chosen).encode()).hexdigest()
    return {**chosen, "deployment": {"annotations": {FINGERPRINT: fingerprint}}}


def fingerprint() -> str:
    """Tells a Traefik that was installed with these values from another."""
    found: str = traefik_values()["deployment"]["annotations"][FINGERPRINT]
    return found


def kubeconfig(text: str, namespace: str) -> str:
    """What `kind get kubeconfig` prints, with `namespace` as the default of its context."""
    document = yaml.safe_load(text)
    for each in document["contexts"]:
        if each["name"] == CONTEXT:
            each["context"]["namespace"] = namespace
    return yaml.safe_dump(document, sort_keys=False)
