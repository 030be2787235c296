"""`shipway deploy-all`."""

import click

from shipway.actions.deploy_all import deploy_all
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import chosen, drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.release
@options.environments
@options.lock_timeout
@options.force
@options.reason
def command(tag: str, environments: tuple[str, ...], *, force: bool, reason: str | None) -> None:
    """Deploy and test a release that is in the registry in each environment in turn. Never rebuilds.

    A failure stops it; what was deployed before stays and keeps serving.
    """
    insists = options.insistence(reason, force=force)

    async def action(session: Session, renderer: Renderer) -> int:
        names = chosen(session, environments)
        report = await deploy_all(session.insisting(insists), tag, names)
        if report.exit_code == 0:
            renderer.status(await status(session, names))
        return report.exit_code

    drive(action)
