"""`shipway diagnose`."""

import click

from shipway.actions.diagnose import diagnose
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("environment", metavar="ENV")
def command(environment: str) -> None:
    """What is wrong with one environment and what to do, or that it serves. Changes nothing."""

    async def action(session: Session, renderer: Renderer) -> int:
        found = await diagnose(session, one(session, environment, "shipway diagnose"))
        renderer.health(found)
        return 0 if found.healthy else 1

    drive(action)
