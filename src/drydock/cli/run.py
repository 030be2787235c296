"""The verbs of the cluster as a whole: up, down, status, kubeconfig."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Literal, get_args

import click

from drydock import daemon
from drydock.cli.place import FAILED, USAGE, at, fail, home_option, output_option
from drydock.faults import client
from drydock.home import Home, Ports, Status, WantedNode
from drydock.ports import PortTaken

_PATIENCE = 2.0  # seconds that a status may take


@click.command()
@home_option
@click.option("--api-port", type=click.IntRange(1, 65535), help="Of the Kubernetes API.")
@click.option("--registry-port", type=click.IntRange(1, 65535), help="Of the image registry.")
@click.option("--ingress-port", type=click.IntRange(1, 65535), help="Of the ingress controller.")
@click.option(
    "--node",
    type=click.Choice(get_args(WantedNode)),
    default="auto",
    show_default=True,
    help="How pods run: in namespaces of their own, or as plain processes with a loopback address.",
)
@click.option("--detach", is_flag=True, help="Return when it is up, and leave it running.")
def up(
    home: Path,
    api_port: int | None,
    registry_port: int | None,
    ingress_port: int | None,
    node: WantedNode,
    *,
    detach: bool,
) -> None:
    """Start the cluster, or say that it is up already.

    Ports stay as they were in the last run, unless they are given or somebody else has taken them.
    """
    place, ports = at(home), Ports(api_port, registry_port, ingress_port)
    try:
        already = daemon.up(
            place, ports, node, detach=detach, ready=lambda status: _show(place, status)
        )
    except PortTaken as taken:
        fail(str(taken), USAGE, remedy=taken.remedy)
    except daemon.Failed as failed:
        fail(str(failed), FAILED, tail=failed.tail, remedy=failed.remedy or f"read {failed.log}")
    if already is not None:
        click.echo(f"drydock is already up (pid {already.pid})")
        _show(place, already)


@click.command()
@home_option
def down(home: Path) -> None:
    """Stop the cluster and all that it runs. What it stores stays."""
    ended = daemon.down(at(home))
    click.echo("drydock is down" if ended else "drydock was not up")


@click.command()
@home_option
@output_option
def status(home: Path, output: Literal["text", "json"]) -> None:
    """Say whether the cluster is up, and where.

    The exit code is 1 if it is not.
    """
    place = at(home)
    found = place.status() if daemon.living(place) else None
    faults = _faults(place, found) if found else []
    if output == "json":
        facts = {"up": found is not None, "home": str(place.root)}
        click.echo(json.dumps(facts | (asdict(found) | {"faults": faults} if found else {})))
    elif found is not None:
        click.echo(f"drydock is up (pid {found.pid})")
        _show(place, found)
        click.echo(f"node        {found.node}: {found.node_because}")
        for each in found.node_lacks:
            click.echo(f"without     {each}")
        for each in faults:
            click.echo(f"fault       {each}")
    else:
        click.echo("drydock is not up")
    sys.exit(0 if found else FAILED)


@click.command()
@home_option
def kubeconfig(home: Path) -> None:
    """Print the path of the kubeconfig, for KUBECONFIG."""
    place = at(home)
    if not place.kubeconfig.exists():
        fail(f"{place.root} has no kubeconfig yet", FAILED, remedy=f"drydock up --home {home}")
    click.echo(place.kubeconfig)


def _faults(home: Home, status: Status) -> list[str]:
    """Those in force. A drydock too busy to tell is up nevertheless."""
    try:
        entries = client.entries(home, status, patience=_PATIENCE)
    except client.Unreachable:
        return []
    return [f"{entry.id}: {entry.fault}" for entry in entries if entry.active]


def _show(home: Home, status: Status) -> None:
    click.echo(f"api         https://127.0.0.1:{status.api}")
    click.echo(f"registry    127.0.0.1:{status.registry}")
    click.echo(f"ingress     http://127.0.0.1:{status.ingress}")
    click.echo(f"kubeconfig  {home.kubeconfig}")
