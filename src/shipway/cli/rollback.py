"""`shipway rollback`."""

import click

from shipway.actions.rollback import rollback
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("environment", metavar="ENV")
@click.option(
    "--to",
    type=options.TagName(or_bundle=True),
    metavar="REVISION|TAG|BUNDLE",
    help="Where to return to.  [default: the last revision that served and differs]",
)
@options.lock_timeout
def command(environment: str, to: str | None) -> None:
    """Return one environment to an earlier release, and watch it until it serves. No other one is touched.

    A second rollback returns to what the first one left. To go further back, name it: `--to 3`, `--to v1`.
    """

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment, "shipway rollback")
        report = await rollback(session, name, to)
        if report.exit_code == 0:
            renderer.status(await status(session, [name]))
        return report.exit_code

    drive(action)
