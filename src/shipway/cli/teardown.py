"""`shipway teardown`."""

from dataclasses import dataclass
from typing import ClassVar

import click

from shipway.actions.session import Session
from shipway.actions.teardown import doomed, teardown, teardown_eks
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer
from shipway.errors import REFUSED, ShipwayError


@dataclass(eq=False)
class NotConfirmed(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    cluster: str

    @property
    def problem(self) -> str:
        return f"nothing was destroyed: {self.cluster} was not confirmed"

    @property
    def remedy(self) -> str:
        return f"type {self.cluster} when asked, or where nobody can: shipway teardown eks --yes"


@click.command(cls=options.Verb)
@click.argument("what", metavar="TARGET", type=click.Choice(options.TARGETS))
@click.option("--purge", is_flag=True, help="Forget its state, its registry and its logs, too.")
@click.option("--yes", is_flag=True, help="eks: destroy it without asking for its name.")
def command(what: str, *, purge: bool, yes: bool) -> None:
    """Stop a target and everything it started. Its state stays below .shipway/ for the next start.

    `teardown eks` destroys the cluster, the registry and every image in it, once you typed the cluster's name.
    """
    if what == "eks" and purge:
        raise click.UsageError("teardown eks keeps nothing: it takes no --purge")
    if what != "eks" and yes:
        raise click.UsageError("--yes is for: shipway teardown eks")

    async def action(session: Session, renderer: Renderer) -> int:
        there = session.on(what)
        if what != "eks":
            renderer.note(await teardown(there, purge=purge))
            return 0
        if not yes:
            await _confirm(there)
        return (await teardown_eks(there)).exit_code

    drive(action)


async def _confirm(session: Session) -> None:
    """Asked on stderr: stdout is for results."""
    cluster, where = await doomed(session)
    click.echo(
        f"This destroys {cluster} in account {where.id}, {where.region}: every environment, "
        "the registry and all images in it.",
        err=True,
    )
    try:
        typed = click.prompt(f"Type {cluster} to go on", err=True)
    except click.Abort as nobody:
        click.echo(err=True)  # ends the line of the question
        raise NotConfirmed(cluster) from nobody
    if typed != cluster:
        raise NotConfirmed(cluster)
