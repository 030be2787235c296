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
    """What happened in one environment, newest first: which release, by whom, in which run, and what became of it."""

    async def action(session: Session, renderer: Renderer) -> int:
        told = await history(session, one(session, environment, "shipway history"))
        renderer.history(told.entries)
        for note in told.notes:
            renderer.note(note)
        return 0

    drive(action)
