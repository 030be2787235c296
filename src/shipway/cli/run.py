"""`shipway run`."""

import click

from shipway.actions.look import look
from shipway.actions.run import run
from shipway.actions.session import Session
from shipway.actions.status import status
from shipway.cli import options
from shipway.cli.drive import chosen, drive, known_environments
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.tag
@options.environments
@options.lock_timeout
@options.force
@options.reason
def command(tag: str, environments: tuple[str, ...], *, force: bool, reason: str | None) -> None:
    """Check, build and push a release, then deploy and test it in each environment in turn.

    What is there already is left alone. A failure stops the run; what was deployed before keeps serving.
    On kind a run is for one environment, the first one without a wish; --env all takes it through each in turn.
    """
    insists = options.insistence(reason, force=force)

    async def action(session: Session, renderer: Renderer) -> int:
        first = known_environments(session)[:1] if session.provider.one_by_one else ()
        names = chosen(session, environments or first)
        report = await run(session.insisting(insists), tag, names)
        if report.exit_code == 0:
            renderer.status(await status(session, names))
            renderer.commands(await look(session, names[-1]))
        return report.exit_code

    drive(action)
