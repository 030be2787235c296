"""Return one environment to an earlier revision, or to the release with a tag; the others are not touched."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Stage
from shipway.stages.rollback import Rollback


async def rollback(session: Session, environment: str, to: str | None) -> Report:
    """`to` is a revision's number, a tag or a bundle id; None is the last revision that served and differs."""
    stages: tuple[Stage, ...]
    if to is None or to.isdigit():
        revision = None if to is None else int(to)
        rules = steps.rules(session, environment)
        steps.check_signing(session)
        stages = (Rollback(rules, revision, session.shell, session.turns),)
    else:
        stages = (
            steps.resolve(session, to, f"shipway history {environment}"),
            steps.deploy(session, environment),
        )
    return await session.go("rollback", [steps.setup(session), *in_turn(*stages, after=("setup",))])
