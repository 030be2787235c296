"""Take a bundle that proved itself in one environment to the next: deploy it, test it, record that it holds."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn


async def promote(session: Session, reference: str, environment: str) -> Report:
    """`reference` is a tag or a bundle id."""
    stages = (
        steps.resolve(session, reference),
        *steps.deploying(session, [environment], tested=True),
    )
    return await session.go("promote", [steps.setup(session), *in_turn(*stages, after=("setup",))])
