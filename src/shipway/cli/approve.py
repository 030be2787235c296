"""`shipway approve`."""

import click

from shipway.actions.approve import Approval, approve
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive, one
from shipway.cli.render.renderer import Renderer
from shipway.cli.render.text import short


@click.command(cls=options.Verb)
@click.argument("reference", metavar="TAG|BUNDLE", type=options.TagName(or_bundle=True))
@click.option("--env", "environment", metavar="ENV", required=True, help="For which environment.")
@click.option(
    "--reason",
    type=options.Words(),
    metavar="TEXT",
    default="",
    help="What others should know about it.",
)
def command(reference: str, environment: str, reason: str) -> None:
    """Say yes to a release for one environment. It waits for that where shipway.yaml says `approval: true`."""

    async def action(session: Session, renderer: Renderer) -> int:
        name = one(session, environment)
        found = await approve(session, reference, name, reason)
        renderer.note(words(found, name))
        if not waits(session, name):
            renderer.note(f"{name} does not wait for it: environments.{name}.approval is not true")
        return 0

    drive(action)


def words(approval: Approval, environment: str) -> str:
    bundle, record = approval.bundle, approval.record
    yes = f"{bundle.tag} (sha256:{short(bundle.id)}) is approved for {environment}"
    why = f": {record.reason}" if record.reason else ""
    return f"{yes}{why}" if approval.new else f"{yes} already, by {record.who}, {record.at}{why}"


def waits(session: Session, environment: str) -> bool:
    return any(each.approval for each in session.project.environments if each.name == environment)
