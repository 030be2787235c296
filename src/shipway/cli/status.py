"""`shipway status`."""

import click

from shipway.actions.session import Session
from shipway.actions.status import look
from shipway.cli import options
from shipway.cli.drive import chosen, drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.environments
def command(environments: tuple[str, ...]) -> None:
    """What each environment runs against what it should: release, image of the live pods, who changes it now."""

    async def action(session: Session, renderer: Renderer) -> int:
        names = chosen(session, environments)
        found = await look(session, names)
        renderer.status(found.rows, found.isolation)
        for note in found.notes:
            renderer.note(note)
        return 0

    drive(action)
