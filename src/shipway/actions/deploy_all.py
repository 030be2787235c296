"""Deploy and test a release in each environment in turn: a failure stops it, what was done before stays."""

from collections.abc import Sequence

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn


async def deploy_all(session: Session, reference: str, environments: Sequence[str]) -> Report:
    """`reference` is a tag or a bundle id."""
    stages = (
        steps.resolve(session, reference),
        *steps.deploying(session, environments, tested=True),
    )
    return await session.go(
        "deploy-all", [steps.setup(session), *in_turn(*stages, after=("setup",))]
    )
