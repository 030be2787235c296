"""`shipway status`."""

import click

from shipway.actions.session import Session
from shipway.actions.status import rows
from shipway.cli import options
from shipway.cli.drive import chosen, drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.environments
def command(environments: tuple[str, ...]) -> None:
    """What each environment runs: revision, tag, digests, pods, URL."""

    async def action(session: Session, renderer: Renderer) -> int:
        names = chosen(session, environments)
        target = await session.find()
        renderer.status(await rows(target, names), target.isolation)
        return 0

    drive(action)
