"""The in-cluster test of one environment alone."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn


async def helm_test(session: Session, environment: str) -> Report:
    stage = steps.helm_test(session, environment)
    return await session.go("helm-test", [steps.setup(session), *in_turn(stage, after=("setup",))])
