"""Prepare this machine: the tools alone, or a target that is ready to be released to."""

from shipway.actions import steps
from shipway.actions.session import Session
from shipway.pipeline.engine import Report
from shipway.pipeline.stage import Step


async def setup(session: Session, what: str) -> Report:
    """`what` is `tools` or a target's name."""
    tools = Step(steps.tools(session))
    return await session.go("setup", [tools] if what == "tools" else [tools, steps.setup(session)])
