"""The runner that the project's checks ask for."""

from shipway.actions.session import Session
from shipway.runners.auto import AutoRunner
from shipway.runners.dagger import DaggerRunner
from shipway.runners.docker import DockerRunner
from shipway.runners.host import HostRunner
from shipway.runners.runner import Runner

PATIENCE = 120.0  # seconds that an image may take to come before `auto` goes on without it


def runner(session: Session) -> Runner:
    """One for all checks of a run: what it finds out and prepares is for all of them."""
    match session.project.checks.runner:
        case "host":
            return HostRunner(session.shell)
        case "docker":
            return _docker(session, None)
        case "dagger":
            return _dagger(session, None)
        case "auto":
            return AutoRunner(
                {
                    "dagger": _dagger(session, PATIENCE),
                    "docker": _docker(session, PATIENCE),
                    "host": HostRunner(session.shell),
                },
                session.shell,
            )


def _docker(session: Session, patience: float | None) -> DockerRunner:
    project = session.project
    return DockerRunner(
        session.shell,
        root=project.root,
        image=project.checks.image,
        requirements=[project.root / path for path in project.checks.requirements],
        cache=session.state / "cache" / "wheels",
        run=session.run,
        patience=patience,
    )


def _dagger(session: Session, patience: float | None) -> DaggerRunner:
    project = session.project
    return DaggerRunner(
        session.shell,
        root=project.root,
        image=project.checks.image,
        requirements=[project.root / path for path in project.checks.requirements],
        patience=patience,
    )
