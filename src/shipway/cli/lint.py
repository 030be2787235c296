"""`shipway lint`."""

import click

from shipway.actions.lint import lint
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
def command() -> None:
    """The linter of the service alone."""

    async def action(session: Session, _renderer: Renderer) -> int:
        return (await lint(session)).exit_code

    drive(action)
