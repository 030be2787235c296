"""The aws commands that we use, and those that we tell people to type."""

from pathlib import PurePath

from shipway.commands.command import Command, argv


def version() -> Command:
    return Command(argv("aws", "--version"))


def update_kubeconfig(cluster: str, region: str, kubeconfig: PurePath, alias: str) -> Command:
    """Adds the cluster under `alias`, or renews it. The file gets no secret: kubectl asks aws for a token."""
    return Command(
        argv(
            "aws",
            "eks",
            "update-kubeconfig",
            ("--name", cluster),
            ("--region", region),
            ("--kubeconfig", kubeconfig),
            ("--alias", alias),
        )
    )


def continue_update_rollback(stack: str, region: str) -> Command:
    return _cloudformation("continue-update-rollback", stack, region)


def rollback_stack(stack: str, region: str) -> Command:
    return _cloudformation("rollback-stack", stack, region)


def stack_events(stack: str, region: str) -> Command:
    return _cloudformation("describe-stack-events", stack, region)


def delete_repository(name: str, region: str) -> Command:
    return Command(
        argv(
            "aws",
            "ecr",
            "delete-repository",
            ("--repository-name", name),
            "--force",
            ("--region", region),
        )
    )


def delete_cluster(name: str, region: str) -> Command:
    return Command(argv("aws", "eks", "delete-cluster", ("--name", name), ("--region", region)))


def describe_cluster(name: str, region: str) -> Command:
    return Command(argv("aws", "eks", "describe-cluster", ("--name", name), ("--region", region)))


def access_entries(cluster: str, region: str) -> Command:
    return Command(
        argv("aws", "eks", "list-access-entries", ("--cluster-name", cluster), ("--region", region))
    )


def load_balancers(region: str) -> Command:
    return Command(argv("aws", "elbv2", "describe-load-balancers", ("--region", region)))


def _cloudformation(verb: str, stack: str, region: str) -> Command:
    return Command(
        argv("aws", "cloudformation", verb, ("--stack-name", stack), ("--region", region))
    )
