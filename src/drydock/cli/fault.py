"""Faults on demand: `drydock fault add`, `list` and `clear`."""

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, get_args

import click
import msgspec

from drydock.cli.place import FAILED, USAGE, fail, home_option, output_option, running
from drydock.cli.words import DURATION, SIZE
from drydock.faults import client
from drydock.faults.kinds import (
    Api,
    Entry,
    Kind,
    Misuse,
    Node,
    Order,
    Pod,
    Pull,
    Registry,
    Verb,
    Watch,
)

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


@click.group()
def fault() -> None:
    """Break things on purpose, to rehearse what is done about it.

    A fault lasts until it is cleared, has struck --count times, --for is over, or drydock stops.
    """


@fault.group()
def add() -> None:
    """Add a fault; it is in force when this returns."""


@fault.command("list")
@home_option
@output_option
def list_(home: Path, output: Literal["text", "json"]) -> None:
    """Say which faults there are, how often each struck, what is left."""
    place, status = running(home)
    try:
        entries = client.entries(place, status)
    except client.Unreachable as unreachable:
        _unreachable(unreachable, home)
    if output == "json":
        click.echo(msgspec.json.encode(entries).decode())
    elif entries:
        _show(entries)
    else:
        click.echo("no faults")


@fault.command()
@home_option
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="All of them.")
def clear(home: Path, identity: str | None, *, everything: bool) -> None:
    """End one fault, or all; things are as before when this returns."""
    if everything is (identity is not None):
        fail("which fault?", USAGE, remedy="drydock fault clear f1, or --all")
    place, status = running(home)
    try:
        cleared = client.clear(place, status, identity or "")
    except client.Unreachable as unreachable:
        _unreachable(unreachable, home)
    if identity and not cleared:
        fail(f"there is no fault {identity}", FAILED, remedy="drydock fault list")
    for entry in cleared:
        struck = "" if entry.struck is None else f", it struck {_times(entry.struck)}"
        click.echo(f"{entry.id} is cleared{struck}")
    if not cleared:
        click.echo("no faults")


def _limited(verb: _Verb) -> _Verb:
    """With the options that every fault has, and without their arguments."""
    options = (
        click.option("--seed", type=int, help="The same seed makes the same choices."),
        click.option("--count", type=int, help="Over after so many strikes."),
        click.option("--for", "seconds", type=DURATION, help="Over after this time."),
        click.option("--rate", type=float, default=1.0, help="The share that is struck: 0.3."),
        home_option,
    )
    return functools.reduce(lambda decorated, option: option(decorated), reversed(options), verb)


_delay = click.option("--delay", type=DURATION, help="Wait so long before going on.")
_drop = click.option("--drop", is_flag=True, help="End the connection without an answer.")
_kind = click.option("--kind", multiple=True, help="Of objects, as kubectl names it; repeatable.")
_namespace = click.option("--namespace", default="", help="A name or a pattern: 'team-*'.")
_agent = click.option(
    "--user-agent",
    default="",
    help="A pattern: 'Helm/*'. The ingress controller is struck only with 'traefik/*'.",
)
_every = click.option(
    "--every", type=DURATION, default=5.0, help="About so long between two strikes (5s)."
)


@add.command()
@click.option(
    "--verb", multiple=True, type=click.Choice(get_args(Verb)), help="Of the request; repeatable."
)
@_kind
@_namespace
@click.option("--name", default="", help="Of the object, or a pattern.")
@_agent
@click.option(
    "--answer",
    type=click.Choice(["410", "429", "500", "503", "504"]),
    help="Instead of the real one.",
)
@click.option("--retry-after", type=int, help="Seconds, as a header of the answer.")
@_delay
@_drop
@_limited
def api(answer: str | None, **options: Any) -> None:
    """Requests to the Kubernetes API: an error, a delay, or no answer.

    drydock's own controllers and its node are not struck: they do not come over the API.
    """
    _add(Api, options | {"answer": int(answer) if answer else None})


@add.command()
@_kind
@_namespace
@_agent
@_drop
@click.option("--expire", is_flag=True, help="End the watch with 410: the client lists again.")
@_every
@_limited
def watch(**options: Any) -> None:
    """Watches, those that are open too: broken off again and again."""
    _add(Watch, options)


@add.command()
@click.option("--image", default="", help="Its reference or a pattern: 'sample-app*'.")
@click.option(
    "--answer",
    required=True,
    type=click.Choice(["not-found", "unauthorized", "timeout"]),
    help="Of the registry, as the node is told.",
)
@_limited
def pull(**options: Any) -> None:
    """Image pulls of the node. An image that it has and need not ask for is not pulled."""
    _add(Pull, options)


@add.command()
@click.option("--selector", default="", help="Labels of pods: app=web,tier!=cache.")
@_namespace
@click.option("--kill", is_flag=True, help="SIGKILL to the processes of one of them.")
@click.option("--out-of-memory", is_flag=True, help="The same, told as OOMKilled.")
@_every
@click.option("--slow-start", type=DURATION, help="Their containers start so much later.")
@click.option("--never-ready", is_flag=True, help="They run, and are not ready.")
@_limited
def pod(**options: Any) -> None:
    """Pods that run, or are about to."""
    _add(Pod, options)


@add.command()
@click.option("--full", is_flag=True, help="No pod finds a place: Insufficient cpu.")
@click.option("--not-ready", is_flag=True, help="No place, and no pod on it is ready.")
@click.option("--disk-pressure", is_flag=True, help="No place, and the node says so.")
@_limited
def node(**options: Any) -> None:
    """The node, as the scheduler sees it."""
    _add(Node, options)


@add.command()
@click.option(
    "--verb", multiple=True, type=click.Choice(["push", "pull"]), help="Of the request; repeatable."
)
@click.option("--repository", default="", help="Its name or a pattern.")
@click.option(
    "--answer",
    type=click.Choice(["401", "429", "500", "502", "503", "504"]),
    help="Instead of the real one.",
)
@_delay
@click.option("--drop-after", type=SIZE, help="Cut a body after so many bytes: 1Mi.")
@_limited
def registry(answer: str | None, **options: Any) -> None:
    """Requests to the image registry. The node is not struck: it reads the registry's disk."""
    _add(Registry, options | {"answer": int(answer) if answer else None})


def _add(kind: type[Kind], options: dict[str, Any]) -> None:
    home = options.pop("home")
    limits = {name: options.pop(name) for name in ("seed", "count", "seconds", "rate")}
    place, status = running(home)
    try:
        entry = client.add(place, status, Order(kind(**options), **limits))
    except Misuse as misuse:
        fail(misuse.problem, USAGE, remedy=misuse.remedy)
    except client.Unreachable as unreachable:
        _unreachable(unreachable, home)
    click.echo(f"{entry.id}  {entry.fault}  (seed {entry.seed})")


def _unreachable(unreachable: client.Unreachable, home: Path) -> NoReturn:
    fail(str(unreachable), FAILED, remedy=f"drydock status --home {home}")


def _show(entries: Iterable[Entry]) -> None:
    rows = [("ID", "FAULT", "RATE", "SEED", "STRUCK", "LEFT")]
    rows += [(e.id, e.fault, f"{e.rate:g}", str(e.seed), _struck(e), _left(e)) for e in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _struck(entry: Entry) -> str:
    return "-" if entry.struck is None else str(entry.struck)


def _left(entry: Entry) -> str:
    if not entry.active:
        return "over"
    limits = [
        *([] if entry.left is None else [_times(entry.left)]),
        *([] if entry.seconds_left is None else [f"{entry.seconds_left:g}s"]),
    ]
    return ", ".join(limits) or "until cleared"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
