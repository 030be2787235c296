"""What a release to Kind needs: each thing that set-up looks for, looked at without a change."""

from collections.abc import AsyncIterator

from shipway.actions import kind
from shipway.actions.session import Session
from shipway.errors import ShipwayError
from shipway.kind import journey
from shipway.kind.goals.cluster import Cluster
from shipway.kind.goals.engine import Engine
from shipway.model import check
from shipway.pipeline.goal import Check, Goal, Missing
from shipway.pipeline.stage import Facts
from shipway.targets.kind import START

ENDS = (Engine.name, Cluster.name)


async def checks(session: Session) -> list[check.Check]:
    """As far as they can be made: without Docker or a cluster there is nothing more to ask."""
    return [each async for each in _checks(session)]


async def _checks(session: Session) -> AsyncIterator[check.Check]:
    ground = kind.ground(session)
    so_far = Facts()
    looks: tuple[Check | Goal, ...] = (*journey.checks(ground), *journey.goals(ground))
    for each in looks:
        try:
            found = await each.look(so_far)
        except ShipwayError as error:
            yield check.Check(each.name, ok=False, found=error.problem, remedy=error.remedy)
            if each.name in ENDS:
                return
            continue
        so_far = so_far.and_(found.facts)
        if isinstance(found, Missing):
            yield check.Check(each.name, ok=False, found=f"set-up would {found.will}", remedy=START)
            if each.name in ENDS:
                return
        else:
            yield check.Check(each.name, ok=True, found=found.summary)
