"""Build image and chart and push them, without checks and without a deploy."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report


async def build(session: Session, tag: str) -> Report:
    await steps.check(session)
    return await session.go("build", [steps.setup(session), *steps.building(session, tag)])
