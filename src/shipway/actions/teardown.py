"""Stop a target and everything it started."""

from shipway.actions import eks, kind, steps
from shipway.actions.session import Session
from shipway.eks import journey
from shipway.eks.account import Account
from shipway.eks.goals.account import InAccount
from shipway.kind import journey as kind_journey
from shipway.pipeline.engine import Report
from shipway.pipeline.graph import in_turn
from shipway.pipeline.stage import Facts
from shipway.targets.embedded import Embedded


async def teardown_embedded(session: Session, *, purge: bool) -> str:
    """What was done, as one line. `purge` forgets its state, too."""
    return await Embedded(session.project, session.shell).down(purge=purge)


async def doomed(session: Session) -> tuple[str, Account]:
    """The cluster that a teardown would destroy, and where: for the person who is to confirm it."""
    found = await InAccount(eks.ground(session)).look(Facts())
    return eks.cluster(session), Facts(found.facts).of(Account)


async def teardown_eks(session: Session) -> Report:
    """The releases, the cluster, the registry and all that the stack made; confirmed before."""
    stages = journey.teardown(eks.ground(session), eks.cluster(session), eks.places(session))
    return await session.go("teardown", list(in_turn(steps.tools(session), *stages)))


async def teardown_kind(session: Session) -> Report:
    """The cluster, the registry with its images, and the way to them; confirmed before."""
    stages = kind_journey.teardown(kind.ground(session), kind.tools(session))
    return await session.go("teardown", list(in_turn(*stages)))
