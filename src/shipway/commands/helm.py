"""The helm commands we use (helm 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from shipway.commands.command import Command, Flag, argv


@dataclass(frozen=True, slots=True)
class Cluster:
    """How helm and kubectl reach a cluster."""

    kubeconfig: PurePath
    context: str | None = None

    @property
    def flags(self) -> tuple[Flag, ...]:
        return (("--kubeconfig", self.kubeconfig), ("--kube-context", self.context))


@dataclass(frozen=True, slots=True)
class Release:
    """A release's name and place."""

    name: str
    namespace: str


def lint(chart: PurePath, values: PurePath) -> Command:
    return Command(argv("helm", "lint", chart, "--strict", ("--values", values)))


def template(chart: PurePath, values: PurePath, release: Release) -> Command:
    return Command(
        argv(
            "helm",
            "template",
            release.name,
            chart,
            ("--namespace", release.namespace),
            ("--values", values),
        )
    )


def upgrade(
    release: Release,
    chart: str,
    values: PurePath,
    cluster: Cluster,
    *,
    description: str,
    labels: Mapping[str, str],
    plain_http: bool,
    timeout_seconds: int,
    env: Mapping[str, str],
) -> Command:
    """Apply only: helm waits for hooks, our own watch decides about the rollout (pitfall 7).

    `labels` are those of the Secret in which helm keeps the revision.
    """
    return Command(
        argv(
            "helm",
            "upgrade",
            release.name,
            chart,
            "--install",
            ("--namespace", release.namespace),
            ("--values", values),
            ("--description", description),
            ("--labels", ",".join(f"{key}={value}" for key, value in labels.items()) or None),
            ("--history-max", "20"),
            ("--timeout", f"{timeout_seconds}s"),
            *(["--plain-http"] if plain_http else []),
            *cluster.flags,
        ),
        env=env,
    )


def install_chart(
    release: Release,
    chart: str,
    version: str,
    values: PurePath,
    cluster: Cluster,
    *,
    env: Mapping[str, str],
) -> Command:
    """A published chart, at a version of its publisher's; into a namespace that is made for it."""
    return Command(
        argv(
            "helm",
            "upgrade",
            release.name,
            chart,
            "--install",
            ("--version", version),
            ("--namespace", release.namespace),
            "--create-namespace",
            ("--values", values),
            *cluster.flags,
        ),
        env=env,
    )


def test(
    release: Release, cluster: Cluster, *, timeout_seconds: int, env: Mapping[str, str]
) -> Command:
    return Command(
        argv(
            "helm",
            "test",
            release.name,
            ("--namespace", release.namespace),
            ("--timeout", f"{timeout_seconds}s"),
            *cluster.flags,
        ),
        env=env,
    )


def rollback(
    release: Release,
    revision: int,
    cluster: Cluster,
    *,
    timeout_seconds: int,
    env: Mapping[str, str],
) -> Command:
    return Command(
        argv(
            "helm",
            "rollback",
            release.name,
            str(revision),
            ("--namespace", release.namespace),
            ("--history-max", "20"),
            ("--timeout", f"{timeout_seconds}s"),
            *cluster.flags,
        ),
        env=env,
    )


def uninstall(release: Release, cluster: Cluster, *, timeout_seconds: int) -> Command:
    """Waits until what it deleted is gone; a release that is not there is fine."""
    return Command(
        argv(
            "helm",
            "uninstall",
            release.name,
            ("--namespace", release.namespace),
            "--ignore-not-found",
            "--wait",
            ("--timeout", f"{timeout_seconds}s"),
            *cluster.flags,
        )
    )


def history(release: Release, cluster: Cluster) -> Command:
    return Command(
        argv(
            "helm",
            *cluster.flags,
            "history",
            release.name,
            ("-n", release.namespace),
        )
    )
