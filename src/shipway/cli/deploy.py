"""`shipway deploy`."""

import click

from shipway.actions.deploy import deploy
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.release
@options.environment
@options.lock_timeout
@options.force
@options.reason
def command(tag: str, environment: str | None, *, force: bool, reason: str | None) -> None:
    """Deploy a release that is in the registry to one environment. Never rebuilds."""
    insists = options.insistence(reason, force=force)

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment)
        report = await deploy(session.insisting(insists), tag, name)
        if report.exit_code == 0:
            renderer.status(await status(session, [name]))
        return report.exit_code

    drive(action)
