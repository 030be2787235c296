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
    help="Where to return to. A number is a revision; a release whose tag is a number is named by its bundle."
    "  [default: the last revision that is proven there and differs]",
)
@options.lock_timeout
@click.option(
    "--force",
    is_flag=True,
    help="Go back although something stands in the way. It is recorded, with the reason.",
)
@click.option(
    "--reason",
    type=options.Words(),
    metavar="TEXT",
    help="Why: it is recorded with the quarantine of what is left.  [needed with --force]",
)
def command(environment: str, to: str | None, *, force: bool, reason: str | None) -> None:
    """Return one environment to an earlier release, watch it until it serves, and test it. No other one is touched.

    What is left is quarantined there: no release takes it there again, and a second rollback goes further back.
    To take a rollback back, name what was left and insist: `--to v2 --force --reason TEXT`.
    """
    why = reason or ""
    insists = options.insistence(why, force=True) if force else ""

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment, "shipway rollback")
        report = await rollback(session.insisting(insists), name, to, why)
        if report.exit_code == 0:
            renderer.status(await status(session, [name]))
        return report.exit_code

    drive(action)
