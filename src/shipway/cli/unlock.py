"""`shipway unlock`."""

import click

from shipway.actions.session import Session
from shipway.actions.unlock import unlock
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("environment", metavar="ENV")
@click.option(
    "--reason",
    type=options.Words(),
    metavar="TEXT",
    required=True,
    help="Why: who loses the turn is told.",
)
def command(environment: str, reason: str) -> None:
    """Take the turn in an environment from a run that hangs or is not to go on. If it lives, it stops its work."""
    if not reason:
        raise click.UsageError("--reason needs words: who loses the turn is told")

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment, "shipway unlock")
        holder, failed = await unlock(session, name, reason)
        renderer.note(
            f"{name} is free: it was the turn of {holder}"
            if holder
            else f"{name} is free: it is nobody's turn"
        )
        for each in failed:
            renderer.note(f"{name}: {each}")
        return 0

    drive(action)
