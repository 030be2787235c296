"""`shipway setup`."""

import click

from shipway.actions.session import Session
from shipway.actions.setup import setup, setup_eks
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("what", metavar="tools|TARGET", type=click.Choice(["tools", *options.TARGETS]))
@click.option("--plan", is_flag=True, help="eks: look, say what would be done, and change nothing.")
@click.option("--recreate", is_flag=True, help="eks: delete a stack that failed, and make it anew.")
def command(what: str, *, plan: bool, recreate: bool) -> None:
    """Have the pinned helm and kubectl ready; with a target, bring that up too. Safe to run again.

    `setup eks` makes a cluster and its registry in your AWS account, and `.env.eks` for the releases.
    """
    if what != "eks" and (plan or recreate):
        raise click.UsageError("--plan and --recreate are for: shipway setup eks")

    async def action(session: Session, _renderer: Renderer) -> int:
        target = session.target if what == "tools" else what
        there = session.on(target)
        if what == "eks":
            return (await setup_eks(there, plan=plan, recreate=recreate)).exit_code
        return (await setup(there, what)).exit_code

    drive(action)
