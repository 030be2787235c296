"""`shipway drift`."""

import click

from shipway.actions.drift import drift
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import chosen, drive
from shipway.cli.render.renderer import Renderer
from shipway.errors import FAILED


@click.command(cls=options.Verb)
@options.environments
def command(environments: tuple[str, ...]) -> None:
    """What differs between a release's objects and those in the cluster. Changes nothing; ends with 1 if anything does."""

    async def action(session: Session, renderer: Renderer) -> int:
        found = await drift(session, chosen(session, environments))
        renderer.drift(found)
        return FAILED if any(each.differences for each in found) else 0

    drive(action)
