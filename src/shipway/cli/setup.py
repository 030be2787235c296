"""`shipway setup`."""

from dataclasses import replace

import click

from shipway.actions.session import Session
from shipway.actions.setup import setup
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("what", metavar="tools|TARGET", type=click.Choice(["tools", *options.TARGETS]))
def command(what: str) -> None:
    """Have the pinned helm and kubectl ready; with a target, bring that up too. Safe to run again."""

    async def action(session: Session, _renderer: Renderer) -> int:
        target = session.target if what == "tools" else what
        return (await setup(replace(session, target=target), what)).exit_code

    drive(action)
