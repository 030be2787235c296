"""`shipway rollback`."""

import click

from shipway.actions.rollback import rollback
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import drive, known_environments, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("environment", metavar="ENV")
@click.option(
    "--to",
    metavar="REVISION|TAG|BUNDLE",
    help="Where to return to.  [default: the last revision that served and differs]",
)
def command(environment: str, to: str | None) -> None:
    """Return one environment to an earlier release, and watch it until it serves. No other one is touched."""

    async def action(session: Session, renderer: Renderer) -> int:
        report = await rollback(session, one(session, environment), to)
        if report.exit_code == 0:
            renderer.status(await status(session, known_environments(session)))
        return report.exit_code

    drive(action)
