"""The kind commands we use. The person's own kubeconfig is never touched."""

from pathlib import PurePath

from shipway.commands.command import Command, argv


def create_cluster(name: str, config: PurePath, kubeconfig: PurePath, *, wait: str) -> Command:
    return Command(
        argv(
            *("kind", "create", "cluster"),
            ("--name", name),
            ("--config", config),
            ("--kubeconfig", kubeconfig),
            ("--wait", wait),
        )
    )


def get_kubeconfig(name: str) -> Command:
    return Command(argv("kind", "get", "kubeconfig", ("--name", name)))


def delete_cluster(name: str, kubeconfig: PurePath) -> Command:
    """A cluster that is not there is fine."""
    return Command(
        argv("kind", "delete", "cluster", ("--name", name), ("--kubeconfig", kubeconfig))
    )
