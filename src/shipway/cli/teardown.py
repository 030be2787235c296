"""`shipway teardown`."""

from dataclasses import dataclass
from typing import ClassVar

import click

from shipway.actions.session import Session
from shipway.actions.teardown import doomed, teardown_eks, teardown_embedded, teardown_kind
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer
from shipway.errors import REFUSED, ShipwayError
from shipway.targets.kind import CLUSTER


@dataclass(eq=False)
class NotConfirmed(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    cluster: str
    target: str

    @property
    def problem(self) -> str:
        return f"nothing was destroyed: {self.cluster} was not confirmed"

    @property
    def remedy(self) -> str:
        return f"type {self.cluster} when asked, or where nobody can: shipway teardown {self.target} --yes"


@click.command(cls=options.Verb)
@click.argument("what", metavar="TARGET", type=click.Choice(options.TARGETS))
@click.option("--purge", is_flag=True, help="Forget its state, its registry and its logs, too.")
@click.option("--yes", is_flag=True, help="eks, kind: destroy it without asking for its name.")
def command(what: str, *, purge: bool, yes: bool) -> None:
    """Stop a target and everything it started. Its state stays below .shipway/ for the next start.

    `teardown eks` and `teardown kind` destroy the cluster, the registry and every image in it, once you
    typed the cluster's name.
    """
    whole = what in {"eks", "kind"}  # nothing of it stays
    if whole and purge:
        raise click.UsageError(f"teardown {what} keeps nothing: it takes no --purge")
    if not whole and yes:
        raise click.UsageError("--yes is for: shipway teardown eks, shipway teardown kind")

    async def action(session: Session, renderer: Renderer) -> int:
        there = session.on(what)
        if not whole:
            renderer.note(await teardown_embedded(there, purge=purge))
            return 0
        if not yes:
            _confirm(*await _doomed(there), what)
        teardown_whole = teardown_kind if what == "kind" else teardown_eks
        return (await teardown_whole(there)).exit_code

    drive(action)


async def _doomed(session: Session) -> tuple[str, str]:
    """The cluster's name, and where it is."""
    if session.target == "kind":
        return CLUSTER, "on this machine"
    cluster, where = await doomed(session)
    return cluster, f"in account {where.id}, {where.region}"


def _confirm(cluster: str, where: str, target: str) -> None:
    """Asked on stderr: stdout is for results."""
    click.echo(
        f"This destroys {cluster} {where}: every environment, the registry and all images in it.",
        err=True,
    )
    try:
        typed = click.prompt(f"Type {cluster} to go on", err=True)
    except click.Abort as nobody:
        click.echo(err=True)  # ends the line of the question
        raise NotConfirmed(cluster, target) from nobody
    if typed != cluster:
        raise NotConfirmed(cluster, target)
