"""Take a bundle that proved itself in one environment to the next: deploy it, test it, record that it holds."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn
from shipway.stages.promotion import Promotion


async def promote(session: Session, reference: str, environment: str) -> Report:
    """`reference` is a tag or a bundle id."""
    way = Promotion(
        steps.rules(session, environment),
        session.project.image.repository,
        session.key,
        session.force,
    )
    stages = (
        steps.resolve(session, reference),
        way,
        *steps.deploying(session, [environment], tested=True),
    )
    return await session.go("promote", [steps.setup(session), *in_turn(*stages, after=("setup",))])
