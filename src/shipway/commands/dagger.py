"""Our own program that talks to Dagger: a process of its own, so that it can be ended like any other."""

from pathlib import PurePath

from shipway.commands.command import Command


def check(python: PurePath, request: str) -> Command:
    """`request` is JSON; what happens comes as JSON lines on stdout."""
    return Command((str(python), "-m", "shipway.runners.dagger_session"), stdin=request)
