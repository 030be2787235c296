"""`shipway setup`."""

import click

from shipway.actions.session import Session
from shipway.actions.setup import setup, setup_eks, setup_kind
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer


@click.command(cls=options.Verb)
@click.argument("what", metavar="tools|TARGET", type=click.Choice(["tools", *options.TARGETS]))
@click.option(
    "--plan", is_flag=True, help="eks, kind: look, say what would be done, change nothing."
)
@click.option("--recreate", is_flag=True, help="eks: delete a stack that failed, and make it anew.")
def command(what: str, *, plan: bool, recreate: bool) -> None:
    """Have the pinned helm and kubectl ready; with a target, bring that up too. Safe to run again.

    `setup kind` makes a cluster in Docker and a registry beside it.
    `setup eks` makes a cluster and its registry in your AWS account, and `.env.eks` for the releases.
    """
    if plan and what not in {"eks", "kind"}:
        raise click.UsageError("--plan is for: shipway setup eks, shipway setup kind")
    if recreate and what != "eks":
        raise click.UsageError("--recreate is for: shipway setup eks")

    async def action(session: Session, _renderer: Renderer) -> int:
        target = session.target if what == "tools" else what
        there = session.on(target)
        if what == "eks":
            return (await setup_eks(there, plan=plan, recreate=recreate)).exit_code
        if what == "kind":
            return (await setup_kind(there, plan=plan)).exit_code
        return (await setup(there, what)).exit_code

    drive(action)
