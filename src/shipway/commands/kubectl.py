"""The kubectl commands that we tell people to type."""

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


def _kubectl(cluster: Cluster, *parts: Word | Flag) -> Command:
    return Command(
        argv(
            "kubectl",
            ("--kubeconfig", cluster.kubeconfig),
            ("--context", cluster.context),
            *parts,
        )
    )
