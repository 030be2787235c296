"""What every verb needs: whose home it is about, and how it says that something is wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from drydock import daemon
from drydock.home import Home, Status

FAILED = 1
USAGE = 2

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("~/.drydock"),
    show_default=True,
    help="The folder that holds everything of this cluster.",
)

output_option = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)


def at(home: Path) -> Home:
    try:
        return Home(home.expanduser().absolute())
    except (OSError, RuntimeError) as error:  # the current folder is gone; nobody knows where ~ is
        fail(f"where is {home}? {error}", USAGE, remedy="--home with an absolute path")


def running(home: Path) -> tuple[Home, Status]:
    """Of the drydock that is up, or the end with what to do about it."""
    place = at(home)
    status = place.status() if daemon.living(place) else None
    if status is None:
        fail("drydock is not up", FAILED, remedy=f"drydock up --home {home}")
    return place, status


def fail(problem: str, code: int, *, tail: Sequence[str] = (), remedy: str = "") -> NoReturn:
    click.echo(f"error: {problem}", err=True)
    for line in tail:
        click.echo(f"  {line}", err=True)
    if remedy:
        click.echo(f"  try: {remedy}", err=True)
    sys.exit(code)
