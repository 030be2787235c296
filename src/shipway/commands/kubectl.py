"""The kubectl commands that we tell people to type."""

from pathlib import PurePath

from shipway.commands.command import Command, Flag, Word, argv
from shipway.commands.helm import Cluster, Release


def describe_pods(cluster: Cluster, release: Release) -> Command:
    return _kubectl(
        cluster,
        *("describe", "pods"),
        ("--namespace", release.namespace),
        ("--selector", f"app.kubernetes.io/instance={release.name}"),
    )


def endpoints(cluster: Cluster, release: Release) -> Command:
    return _kubectl(cluster, "get", "services,endpointslices", ("--namespace", release.namespace))


def pods_everywhere(cluster: Cluster, app: str) -> Command:
    return _kubectl(cluster, "get", "pods", "-A", ("-l", f"app.kubernetes.io/name={app}"))


def ingress(cluster: Cluster, release: Release) -> Command:
    return _kubectl(cluster, "get", "ingress", ("--namespace", release.namespace))


def describe_ingress(cluster: Cluster, release: Release) -> Command:
    return _kubectl(cluster, "describe", "ingress", ("--namespace", release.namespace))


def balancer_logs(cluster: Cluster) -> Command:
    """Of the AWS Load Balancer Controller."""
    return _kubectl(
        cluster,
        "logs",
        ("--namespace", "kube-system"),
        ("--selector", "app.kubernetes.io/name=aws-load-balancer-controller"),
    )


def describe_nodes(cluster: Cluster) -> Command:
    return _kubectl(cluster, "describe", "nodes")


def namespaces(cluster: Cluster) -> Command:
    return _kubectl(cluster, "get", "namespaces")


def rights(cluster: Cluster, namespace: str | None) -> Command:
    """What we may do there, as the cluster sees us."""
    return _kubectl(cluster, "auth", "can-i", "--list", ("--namespace", namespace))


def label_namespace(cluster: Cluster, name: str, label: str) -> Command:
    return _kubectl(cluster, "label", "namespace", name, label)


def forget(kind: str, name: str, kubeconfig: PurePath) -> Command:
    """`kind` is context, cluster or user."""
    return Command(argv("kubectl", "config", f"delete-{kind}", name, ("--kubeconfig", kubeconfig)))


def _kubectl(cluster: Cluster, *parts: Word | Flag) -> Command:
    return Command(
        argv(
            "kubectl",
            ("--kubeconfig", cluster.kubeconfig),
            ("--context", cluster.context),
            *parts,
        )
    )
