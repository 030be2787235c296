"""`shipway chart-lint`."""

import click

from shipway.actions.chart_lint import chart_lint
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
def command() -> None:
    """The chart's linter alone, for every values file of every target."""

    async def action(session: Session, _renderer: Renderer) -> int:
        return (await chart_lint(session)).exit_code

    drive(action)
