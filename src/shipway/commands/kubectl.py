"""The kubectl commands that we tell people to type."""

from shipway.commands.command import Command, argv
from shipway.commands.helm import Cluster, Release


def describe_pods(cluster: Cluster, release: Release) -> Command:
    return Command(
        argv(
            "kubectl",
            ("--kubeconfig", cluster.kubeconfig),
            ("--context", cluster.context),
            "describe",
            "pods",
            ("--namespace", release.namespace),
            ("--selector", _labels(release)),
        )
    )


def pods_everywhere(cluster: Cluster, app: str) -> Command:
    return Command(
        argv(
            "kubectl",
            ("--kubeconfig", cluster.kubeconfig),
            ("--context", cluster.context),
            "get",
            "pods",
            "-A",
            ("-l", f"app.kubernetes.io/name={app}"),
        )
    )


def endpoints(cluster: Cluster, release: Release) -> Command:
    return Command(
        argv(
            "kubectl",
            ("--kubeconfig", cluster.kubeconfig),
            ("--context", cluster.context),
            "get",
            "services,endpointslices",
            ("--namespace", release.namespace),
        )
    )


def _labels(release: Release) -> str:
    return f"app.kubernetes.io/instance={release.name}"
