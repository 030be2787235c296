"""`shipway run`."""

import click

from shipway.actions.look import look
from shipway.actions.run import run
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import chosen, drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.tag
@options.environments
def command(tag: str, environments: tuple[str, ...]) -> None:
    """Check, build and push a release, then deploy and test it in each environment in turn.

    What is there already is left alone. A failure stops the run; what was deployed before keeps serving.
    """

    async def action(session: Session, renderer: Renderer) -> int:
        names = chosen(session, environments)
        report = await run(session, tag, names)
        if report.exit_code == 0:
            renderer.status(await status(session, names))
            renderer.commands(await look(session))
        return report.exit_code

    drive(action)
