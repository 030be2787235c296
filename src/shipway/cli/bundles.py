"""`shipway bundles`."""

import click

from shipway.actions.bundles import bundles
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
def command() -> None:
    """The releases of the registry, newest first: who made each, where it is proven, and where it runs."""

    async def action(session: Session, renderer: Renderer) -> int:
        found = await bundles(session)
        renderer.bundles(found.items)
        for note in found.notes:
            renderer.note(note)
        return 0

    drive(action)
