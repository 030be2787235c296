"""`shipway test`."""

import click

from shipway.actions.session import Session
from shipway.actions.test import test
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
def command() -> None:
    """The tests of the service alone."""

    async def action(session: Session, _renderer: Renderer) -> int:
        return (await test(session)).exit_code

    drive(action)
