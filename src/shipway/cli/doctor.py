"""`shipway doctor`."""

import click

from shipway.actions.doctor import doctor
from shipway.actions.session import Session
from shipway.cli import options
from shipway.cli.drive import drive
from shipway.cli.render.renderer import Renderer

OTHERS = ("github",)  # no place to release to, but one that can be looked at


@click.command(cls=options.Verb, also=OTHERS)
def command() -> None:
    """Look whether everything is in place, and say what to do about what is not. Changes nothing."""

    async def action(session: Session, renderer: Renderer) -> int:
        checks = await doctor(session)
        renderer.checks(checks)
        return 0 if all(check.ok for check in checks) else 1

    drive(action, also=OTHERS)
