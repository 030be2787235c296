"""The whole pipeline: checks beside the build, then each environment in turn."""

from collections.abc import Sequence

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report


async def run(session: Session, tag: str, environments: Sequence[str]) -> Report:
    await steps.check(session)
    return await session.go("run", steps.release(session, tag, environments))
