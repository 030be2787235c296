"""drydock's command line: up, down, status, kubeconfig."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal, NoReturn

import click

from drydock import daemon
from drydock.home import Home, Ports, Status
from drydock.ports import PortTaken

FAILED = 1
USAGE = 2

_home = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("~/.drydock"),
    show_default=True,
    help="The folder that holds everything of this cluster.",
)


@click.group()
def cli() -> None:
    """An embedded Kubernetes and OCI registry, to rehearse releases on this machine."""


@cli.command()
@_home
@click.option("--api-port", type=click.IntRange(1, 65535), help="Of the Kubernetes API.")
@click.option("--registry-port", type=click.IntRange(1, 65535), help="Of the image registry.")
@click.option("--ingress-port", type=click.IntRange(1, 65535), help="Of the ingress controller.")
@click.option("--detach", is_flag=True, help="Return when it is up, and leave it running.")
def up(
    home: Path,
    api_port: int | None,
    registry_port: int | None,
    ingress_port: int | None,
    *,
    detach: bool,
) -> None:
    """Start the cluster, or say that it is up already.

    Ports stay as they were in the last run, unless they are given or somebody else has taken them.
    """
    place, ports = _at(home), Ports(api_port, registry_port, ingress_port)
    try:
        already = daemon.up(place, ports, detach=detach, ready=lambda status: _show(place, status))
    except PortTaken as taken:
        _fail(str(taken), USAGE, remedy=taken.remedy)
    except daemon.Failed as failed:
        _fail(str(failed), FAILED, tail=failed.tail, remedy=f"read {failed.log}")
    if already is not None:
        click.echo(f"drydock is already up (pid {already.pid})")
        _show(place, already)


@cli.command()
@_home
def down(home: Path) -> None:
    """Stop the cluster and all that it runs. What it stores stays."""
    ended = daemon.down(_at(home))
    click.echo("drydock is down" if ended else "drydock was not up")


@cli.command()
@_home
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(home: Path, output: Literal["text", "json"]) -> None:
    """Say whether the cluster is up, and where; exit code 1 if it is not."""
    place = _at(home)
    found = place.status() if daemon.living(place) else None
    if output == "json":
        facts = {"up": found is not None, "home": str(place.root)}
        click.echo(json.dumps(facts | (asdict(found) if found else {})))
    elif found is not None:
        click.echo(f"drydock is up (pid {found.pid})")
        _show(place, found)
    else:
        click.echo("drydock is not up")
    sys.exit(0 if found else FAILED)


@cli.command()
@_home
def kubeconfig(home: Path) -> None:
    """Print the path of the kubeconfig, for KUBECONFIG."""
    place = _at(home)
    if not place.kubeconfig.exists():
        _fail(f"{place.root} has no kubeconfig yet", FAILED, remedy=f"drydock up --home {home}")
    click.echo(place.kubeconfig)


def main() -> None:
    try:
        cli(prog_name="drydock")
    except Exception as error:  # noqa: BLE001  # the last stop: one line for a person, never a traceback
        _fail(f"{type(error).__name__}: {error}", FAILED)


def _at(home: Path) -> Home:
    return Home(home.expanduser().absolute())


def _show(home: Home, status: Status) -> None:
    click.echo(f"api         https://127.0.0.1:{status.api}")
    click.echo(f"registry    127.0.0.1:{status.registry}")
    click.echo(f"ingress     http://127.0.0.1:{status.ingress}")
    click.echo(f"kubeconfig  {home.kubeconfig}")


def _fail(problem: str, code: int, *, tail: Sequence[str] = (), remedy: str = "") -> NoReturn:
    click.echo(f"error: {problem}", err=True)
    for line in tail:
        click.echo(f"  {line}", err=True)
    if remedy:
        click.echo(f"  try: {remedy}", err=True)
    sys.exit(code)
