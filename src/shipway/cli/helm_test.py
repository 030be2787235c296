"""`shipway helm-test`."""

import click

from shipway.actions.helm_test import helm_test
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@options.environment
@options.lock_timeout
def command(environment: str | None) -> None:
    """Request the health endpoints from inside the cluster, as the chart's test pod does."""

    async def action(session: Session, _renderer: Renderer) -> int:
        return (await helm_test(session, one(session, environment))).exit_code

    drive(action)
