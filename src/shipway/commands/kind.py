"""The kind commands we use. The person's own kubeconfig is never touched."""

from pathlib import PurePath

from shipway.commands.command import Command, Flag, Word, argv

# Whatever else the person has kind use: we look at the containers of Docker.
ENV = {"KIND_EXPERIMENTAL_PROVIDER": "docker"}


def create_cluster(name: str, config: PurePath, kubeconfig: PurePath, *, wait: str) -> Command:
    return _kind(
        *("create", "cluster"),
        ("--name", name),
        ("--config", config),
        ("--kubeconfig", kubeconfig),
        ("--wait", wait),
    )


def get_kubeconfig(name: str) -> Command:
    return _kind("get", "kubeconfig", ("--name", name))


def delete_cluster(name: str, kubeconfig: PurePath) -> Command:
    """A cluster that is not there is fine."""
    return _kind("delete", "cluster", ("--name", name), ("--kubeconfig", kubeconfig))


def _kind(*parts: Word | Flag) -> Command:
    return Command(argv("kind", *parts), ENV)
