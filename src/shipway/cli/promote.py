"""`shipway promote`."""

import click

from shipway.actions.promote import promote
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("reference", metavar="TAG|BUNDLE", type=options.TagName(or_bundle=True))
@click.option("--to", "environment", metavar="ENV", required=True, help="The environment.")
@options.lock_timeout
@options.force
@options.reason
def command(reference: str, environment: str, *, force: bool, reason: str | None) -> None:
    """Deploy and test a release that is proven in the environment before this one. Never rebuilds."""
    insists = options.insistence(reason, force=force)

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment, "--to")
        report = await promote(session.insisting(insists), reference, name)
        if report.exit_code == 0:
            renderer.status(await status(session, [name]))
        return report.exit_code

    drive(action)
