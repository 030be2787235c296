"""`shipway workflows`."""

import click

from shipway.actions import workflows
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.option(
    "--check", is_flag=True, help="Write nothing; end with exit code 1 and the difference if any."
)
def command(*, check: bool) -> None:
    """Write the GitHub workflows that shipway.yaml asks for into .github/workflows. Safe to run again."""

    async def action(session: Session, renderer: Renderer) -> int:
        if check:
            await workflows.check(session.project, options.TARGETS)
            renderer.note("the workflows are what shipway.yaml asks for")
            return 0
        changes = await workflows.write(session.project, options.TARGETS)
        for change in changes:
            renderer.note(change.did)
        if not changes:
            renderer.note("the workflows are what shipway.yaml asks for already")
        return 0

    drive(action)
