"""The drydock commands we use; drydock is a program to us, like helm."""

from pathlib import PurePath

from shipway.commands.command import Command, argv


def up(python: PurePath, home: PurePath, *, ingress_port: int | None) -> Command:
    """Returns when it is ready."""
    return Command(
        argv(
            *_drydock(python, "up", home),
            "--detach",
            ("--ingress-port", None if ingress_port is None else str(ingress_port)),
        )
    )


def down(python: PurePath, home: PurePath) -> Command:
    return Command(_drydock(python, "down", home))


def _drydock(python: PurePath, verb: str, home: PurePath) -> tuple[str, ...]:
    return argv(python, "-m", "drydock", verb, ("--home", home))
