"""The common flags, accepted before and after the verb, and the flags that several verbs share."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import click

from shipway.model.bundle import first_digits
from shipway.oci.reference import is_tag
from shipway.pipeline.journal import Journal

TARGETS = ("embedded", "kind", "eks")
ALL = "all"  # environments
OUTPUTS = ("live", "plain", "json", "github")
LONGEST = 1000  # characters of a reason: it is shown in tables


@dataclass(frozen=True, slots=True)
class Common:
    """What was said before or after the verb; what was said after it wins."""

    target: str | None = None
    output: str | None = None
    verbose: bool | None = None
    lock_timeout: float | None = None  # seconds
    journal: type[Journal] | None = None  # for who rehearses how a run dies; None: the usual one

    def then(self, later: "Common") -> "Common":
        said = {each.name: getattr(later, each.name) for each in fields(later)}
        return replace(self, **{name: value for name, value in said.items() if value is not None})


def common_options(also: Sequence[str] = ()) -> list[click.Option]:
    """Fresh ones for each command. Their values are kept in the context, not passed to the function."""
    return [
        click.Option(
            ["--target"],
            type=click.Choice([*TARGETS, *also]),
            help="Where to release to.  [env: DEPLOYMENT_TARGET; default: kind while its cluster answers, else embedded]",
            expose_value=False,
            callback=_keep,
        ),
        click.Option(
            ["--output"],
            type=click.Choice(OUTPUTS),
            help="How to show it.  [default: live at a terminal, else plain]",
            expose_value=False,
            callback=_keep,
        ),
        click.Option(
            ["--verbose/--no-verbose", "-v"],
            default=None,
            help="Show the lines of every stage, not only of failed ones.",
            expose_value=False,
            callback=_keep,
        ),
    ]


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    before = context.obj if isinstance(context.obj, Common) else Common()
    assert option.name is not None
    context.obj = before.then(Common(**{option.name: value}))


class Verb(click.Command):
    """A command that takes the common flags too, `also` being targets that only this verb knows."""

    def __init__(self, *args: Any, also: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params += common_options(also)


class TagName(click.ParamType[str]):
    """What registries take as a tag; with `or_bundle` also a bundle's id."""

    name = "tag"

    def __init__(self, *, or_bundle: bool = False) -> None:
        self._or_bundle = or_bundle

    def convert(
        self, value: str, param: click.Parameter | None, context: click.Context | None
    ) -> str:
        if not is_tag(value) and not (self._or_bundle and first_digits(value)):
            wrong = f"{value!r} is no tag: letters, digits, dots, dashes, underscores"
            self.fail(wrong, param, context)
        return value


class Words(click.ParamType[str]):
    """What somebody says to those who come after, in one line."""

    name = "text"

    def convert(
        self, value: str, param: click.Parameter | None, context: click.Context | None
    ) -> str:
        said = " ".join(value.split())
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in said):
            self.fail("it holds what is no text in UTF-8, or control characters", param, context)
        if len(said) > LONGEST:
            self.fail(f"it has {len(said)} characters, {LONGEST} at most", param, context)
        return said


class Duration(click.ParamType[float]):
    """Seconds, from what a person writes."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, context: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?|0", value)
        if not value or not found:
            self.fail(f"{value!r} is no duration such as 90s or 5m", param, context)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return float(hours * 3600 + minutes * 60 + seconds)


tag = click.option(
    "--tag",
    type=TagName(),
    envvar="IMAGE_TAG",
    default="latest",
    show_default=True,
    show_envvar=True,
    help="The release's name: the image's tag.",
)
release = click.option(
    "--tag",
    type=TagName(or_bundle=True),
    envvar="IMAGE_TAG",
    default="latest",
    show_default=True,
    show_envvar=True,
    metavar="TAG|BUNDLE",
    help="A release that is in the registry.",
)
environments = click.option(
    "--env",
    "environments",
    multiple=True,
    envvar="DEPLOY_ENV",
    show_envvar=True,
    help="Only this environment; repeat it for several, or say all.  [default: all]",
)
force = click.option(
    "--force",
    is_flag=True,
    help="Release it although something stands in the way. It is recorded, with the reason.",
)
lock_timeout = click.option(
    "--lock-timeout",
    type=Duration(),
    metavar="DURATION",
    help="How long to wait while another run has its turn in the environment; 0 for not at all.  [default: 5m]",
    expose_value=False,
    callback=_keep,
)
reason = click.option(
    "--reason", type=Words(), metavar="TEXT", help="Why you insist.  [with --force]"
)
environment = click.option(
    "--env",
    "environment",
    envvar="DEPLOY_ENV",
    show_envvar=True,
    help="The environment.  [default: the first one]",
)


def insistence(reason: str | None, *, force: bool) -> str:
    """The reason for --force, empty without it: neither comes alone."""
    said = reason or ""
    if force and not said:
        raise click.UsageError(
            "--force needs --reason TEXT: it is recorded for those who come after"
        )
    if said and not force:
        raise click.UsageError("--reason is for --force")
    return said
