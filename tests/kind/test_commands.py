"""The exact lines that are run for a Kind cluster."""

from pathlib import PurePath

import pytest

from shipway.commands import docker, helm, kind
from shipway.commands.command import Command
from shipway.commands.helm import Cluster, Release
from shipway.kind.layout import Layout, fingerprint, hosts, traefik_values

PATH = PurePath("/etc/containerd/certs.d/localhost:5001/hosts.toml")


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            kind.create_cluster("demo", PurePath("c.yaml"), PurePath("kubeconfig"), wait="3m"),
            "kind create cluster --name demo --config c.yaml --kubeconfig kubeconfig --wait 3m",
        ),
        (kind.get_kubeconfig("demo"), "kind get kubeconfig --name demo"),
        (
            kind.delete_cluster("demo", PurePath("kubeconfig")),
            "kind delete cluster --name demo --kubeconfig kubeconfig",
        ),
        (docker.list_containers(), "docker ps --all --no-trunc --format '{{json .}}'"),
        (docker.inspect_containers(["a", "b"]), "docker container inspect a b"),
        (
            docker.run_registry(
                "kind-registry",
                "registry:3.0.0",
                publish="127.0.0.1:5001:5000",
                volume="images",
                label="a=b",
                path=PurePath("/var/lib/registry"),
            ),
            (
                "docker run --detach --restart always --name kind-registry --label a=b "
                "--publish 127.0.0.1:5001:5000 --volume images:/var/lib/registry registry:3.0.0"
            ),
        ),
        (docker.start_containers(["a", "b"]), "docker start a b"),
        (docker.drop_container("a"), "docker rm --force a"),
        (docker.list_volumes("images"), "docker volume ls --quiet --filter name=images"),
        (docker.drop_volume("images"), "docker volume rm images"),
        (docker.read_inside("node", PATH), f"docker exec node cat {PATH}"),
        (
            docker.write_inside("node", PATH, "x"),
            f"docker exec --interactive node install -D --mode 644 /dev/stdin {PATH}",
        ),
        (docker.connect_network("kind", "a"), "docker network connect kind a"),
        (
            helm.install_chart(
                Release("traefik", "traefik"),
                "oci://ghcr.io/traefik/helm/traefik",
                "41.6.1",
                PurePath("traefik.yaml"),
                Cluster(PurePath("kubeconfig"), "kind-demo"),
                env={},
            ),
            (
                "helm upgrade traefik oci://ghcr.io/traefik/helm/traefik --install --version 41.6.1 "
                "--namespace traefik --create-namespace --values traefik.yaml "
                "--kubeconfig kubeconfig --kube-context kind-demo"
            ),
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_each_command_is_exactly_this_line(command: Command, line: str) -> None:
    assert str(command) == line


def test_kind_is_kept_to_docker() -> None:
    assert kind.get_kubeconfig("demo").env == {"KIND_EXPERIMENTAL_PROVIDER": "docker"}


def test_what_is_written_on_the_node_goes_by_stdin() -> None:
    assert docker.write_inside("node", PATH, hosts()).stdin == hosts()


def test_the_cluster_is_one_node_with_its_ports_and_a_folder_for_registries() -> None:
    assert Layout(("dev",)).config == (
        "kind: Cluster\n"
        "apiVersion: kind.x-k8s.io/v1alpha4\n"
        "nodes:\n"
        "- role: control-plane\n"
        "  labels:\n"
        "    ingress-ready: 'true'\n"
        "  extraPortMappings:\n"
        "  - containerPort: 80\n"
        "    hostPort: 80\n"
        "    protocol: TCP\n"
        "  - containerPort: 443\n"
        "    hostPort: 443\n"
        "    protocol: TCP\n"
        "containerdConfigPatches:\n"
        '- "[plugins.\\"io.containerd.grpc.v1.cri\\".registry]\\n  config_path = \\"/etc/containerd/certs.d\\"\\\n'
        '  \\n"\n'
    )


def test_traefik_s_values() -> None:
    assert traefik_values() == {
        "ports": {"web": {"hostPort": 80}, "websecure": {"hostPort": 443}},
        "service": {"enabled": False},
        "ingressClass": {"enabled": True, "isDefaultClass": True, "name": "traefik"},
        "nodeSelector": {"ingress-ready": "true"},
        "tolerations": [
            {
                "key": "node-role.kubernetes.io/control-plane",
                "operator": "Exists",
                "effect": "NoSchedule",
            }
        ],
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
        },
        "providers": {
            "kubernetesIngress": {
                "allowEmptyServices": True,
                "publishedService": {"enabled": False},
            }
        },
        "additionalArguments": [
            "--providers.providersThrottleDuration=100ms",
            "--providers.kubernetesingress.ingressendpoint.hostname=localhost",
        ],
        "deployment": {"annotations": {"dev.shipway/values": fingerprint()}},
    }
