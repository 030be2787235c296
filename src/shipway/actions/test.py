"""The service's tests alone."""

from shipway.actions import steps
from shipway.actions.runner import runner
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.stage import Step


async def test(session: Session) -> Report:
    return await session.go("test", [Step(steps.test(session, runner(session)))])
