"""Prepare this machine: the tools alone, or a target that is ready to be released to."""

from shipway.actions import eks, kind, steps
from shipway.actions.session import Session
from shipway.eks import journey
from shipway.kind import journey as kind_journey
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Step


async def setup(session: Session, what: str) -> Report:
    """`what` is `tools` or a target's name."""
    tools = Step(steps.tools(session))
    return await session.go("setup", [tools] if what == "tools" else [tools, steps.setup(session)])


async def setup_eks(session: Session, *, plan: bool, recreate: bool) -> Report:
    """The infrastructure, from an account that may be empty. `plan` only looks and says what it would do."""
    namespaces = [place.namespace for place in eks.places(session)]
    stages = journey.setup(eks.ground(session), namespaces, plan=plan, recreate=recreate)
    if plan:
        return await session.go("plan", list(in_turn(*stages)))
    return await session.go("setup", list(in_turn(steps.tools(session), *stages)))


async def setup_kind(session: Session, *, plan: bool) -> Report:
    """The cluster, its registry and what must be in it. `plan` only looks and says what it would do."""
    ground = kind.ground(session)
    if plan:
        return await session.go("plan", list(in_turn(*kind_journey.plan(ground))))
    stages = kind_journey.setup(ground, kind.tools(session))
    return await session.go("setup", list(in_turn(*stages)))
