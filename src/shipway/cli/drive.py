"""From a parsed command line to an exit code: opens the session, runs the action, turns every error into words."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import click

from shipway.actions.session import PATIENCE, Session, new_run
from shipway.actions.team_key import team_key
from shipway.actions.who import who
from shipway.cli.options import ALL, TARGETS, Common
from shipway.cli.render.json import Json
from shipway.cli.render.plain import Plain
from shipway.cli.render.renderer import Renderer
from shipway.config.load import find, load
from shipway.config.project import Project
from shipway.errors import FAILED, INTERRUPTED, USAGE, MachineRefused, ShipwayError
from shipway.oci.signing_key import SECRETS
from shipway.pipeline.journal import Journal
from shipway.shell.local import LocalShell
from shipway.targets.default import Choice, default

Action = Callable[[Session, Renderer], Coroutine[Any, Any, int]]


@dataclass(eq=False)
class Unknown(ShipwayError):
    """A target or an environment that shipway.yaml does not define."""

    exit_code: ClassVar[int] = USAGE

    what: str
    name: str
    known: tuple[str, ...]
    said: str  # what stands before the name

    @property
    def problem(self) -> str:
        return f"there is no {self.what} {self.name or repr('')}; there is {', '.join(self.known)}"

    @property
    def remedy(self) -> str:
        return f"{self.said} {self.known[0]}"


@dataclass(eq=False)
class Bug(ShipwayError):
    """Anything that is not a ShipwayError."""

    what: str
    trace: Path

    @property
    def problem(self) -> str:
        return f"a bug in shipway: {self.what}"

    @property
    def remedy(self) -> str:
        return f"send us {self.trace}"


def drive(action: Action, also: Sequence[str] = ()) -> NoReturn:
    """Ends the process with the action's exit code. A person sees errors, never a traceback.

    `also` are targets of which shipway.yaml need not know.
    """
    common = click.get_current_context().obj or Common()
    state = Path.cwd() / ".shipway"
    renderer: Renderer | None = None
    try:
        project = load(find(Path.cwd()))
        state = project.root / ".shipway"
        renderer = _renderer(common, state)
        named = _target(common, project, also)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio makes it a cancellation
        code = asyncio.run(_until_told(_act(action, project, named, common, renderer)))
    except (ShipwayError, OSError) as caught:
        error = MachineRefused.of(caught) if isinstance(caught, OSError) else caught
        renderer = renderer or _renderer(common, state)
        renderer.error(error)
        code = error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = INTERRUPTED
    except Exception as bug:  # noqa: BLE001  # the trace is for us: a person is told where it is
        renderer = renderer or _renderer(common, state)
        renderer.error(Bug(f"{type(bug).__name__}: {bug}", _keep_trace(state)))
        code = FAILED
    if renderer:
        renderer.close()
    sys.exit(code)


def chosen(session: Session, names: Sequence[str]) -> list[str]:
    """The environments asked for, in the project's order; all without a wish."""
    known = known_environments(session)
    for name in names:
        if name not in {*known, ALL}:
            raise Unknown("environment", name, known, "--env")
    return [name for name in known if not names or name in names or ALL in names]


def one(session: Session, name: str | None, said: str = "--env") -> str:
    """The environment asked for; the first one without a wish. `said` stands before it on the command line."""
    known = known_environments(session)
    if name is None:
        return known[0]
    if name not in known:  # nor the empty one, which an unset variable gives
        raise Unknown("environment", name, known, said)
    return name


def known_environments(session: Session) -> tuple[str, ...]:
    """Those that the target has values for, in the project's order."""
    values = session.project.targets[session.target].values
    return tuple(each.name for each in session.project.environments if each.name in values)


async def _act(
    action: Action, project: Project, named: str | None, common: Common, renderer: Renderer
) -> int:
    choice = Choice(named) if named else await default(project)
    state = project.root / ".shipway"
    session = Session(
        project=project,
        target=choice.target,
        shell=LocalShell(
            project.root, [state / "tools", Path(sys.executable).parent], hidden=SECRETS
        ),
        emit=renderer.event,
        run=new_run(),
        who=who(os.environ),
        why=choice.why,
        patience=PATIENCE if common.lock_timeout is None else common.lock_timeout,
        journal=common.journal or Journal,
        key=team_key(project, choice.target, os.environ),
    )
    return await action(session, renderer)


async def _until_told(action: Coroutine[Any, Any, int]) -> int:
    """A polite end, or a closed terminal, is an interruption like Ctrl-C: children are stopped, the journal is closed."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await action


def _renderer(common: Common, state: Path) -> Renderer:
    output = common.output or ("live" if sys.stdout.isatty() else "plain")
    verbose = bool(common.verbose)
    match output:
        case "json":
            return Json()
        case "github":
            from shipway.cli.render.github import Github  # noqa: PLC0415  # only its own job waits for it

            summary, outputs = _named_by("GITHUB_STEP_SUMMARY"), _named_by("GITHUB_OUTPUT")
            return Github(state / "runs", summary=summary, outputs=outputs)
        case "live":
            from shipway.cli.render.live import Live  # noqa: PLC0415  # rich's takes 30 ms

            return Live(state / "runs", verbose=verbose)
        case _:
            return Plain(state / "runs", verbose=verbose)


def _named_by(variable: str) -> Path | None:
    name = os.environ.get(variable)
    return Path(name) if name else None


def _target(common: Common, project: Project, also: Sequence[str]) -> str | None:
    """The one that somebody named."""
    name = common.target or os.environ.get("DEPLOYMENT_TARGET") or None
    usable = (*(target for target in TARGETS if target in project.targets), *also)
    if name is not None and name not in usable:
        raise Unknown("target", name, usable or TARGETS, "--target")
    return name


def _keep_trace(state: Path) -> Path:
    path = state / "bugs" / f"{new_run()}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path
