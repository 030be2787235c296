"""`shipway build`."""

import click

from shipway.actions.build import build
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.tag
def command(tag: str) -> None:
    """Build image and chart and push them under TAG; no checks, no deploy."""

    async def action(session: Session, _renderer: Renderer) -> int:
        return (await build(session, tag)).exit_code

    drive(action)
