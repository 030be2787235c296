"""`shipway teardown`."""

from dataclasses import replace

import click

from shipway.actions.session import Session
from shipway.actions.teardown import teardown
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("what", metavar="TARGET", type=click.Choice(options.TARGETS))
@click.option("--purge", is_flag=True, help="Forget its state, its registry and its logs, too.")
def command(what: str, *, purge: bool) -> None:
    """Stop a target and everything it started. Its state stays below .shipway/ for the next start."""

    async def action(session: Session, renderer: Renderer) -> int:
        renderer.note(await teardown(replace(session, target=what), purge=purge))
        return 0

    drive(action)
