"""`shipway history`."""

import click

from shipway.actions.history import history
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("environment", metavar="ENV")
def command(environment: str) -> None:
    """The revisions of one environment, newest first."""

    async def action(session: Session, renderer: Renderer) -> int:
        renderer.history(await history(session, one(session, environment, "shipway history")))
        return 0

    drive(action)
