"""The linter alone."""

from shipway.actions import steps
from shipway.actions.runner import runner
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.stage import Step


async def lint(session: Session) -> Report:
    return await session.go("lint", [Step(steps.lint(session, runner(session)))])
