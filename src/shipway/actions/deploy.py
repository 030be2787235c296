"""Deploy a release that is in the registry to one environment: never a rebuild."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn


async def deploy(session: Session, reference: str, environment: str) -> Report:
    """`reference` is a tag or a bundle id."""
    stages = (steps.resolve(session, reference), steps.deploy(session, environment))
    return await session.go("deploy", [steps.setup(session), *in_turn(*stages, after=("setup",))])
