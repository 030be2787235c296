"""Take an environment's turn from a run that does not give it back, and its release from a helm that died."""

from shipway.actions.session import Session
from shipway.kube import lease
from shipway.kube.access import connect
from shipway.model.lease import Holder
from shipway.model.recovery import Failed
from shipway.stages.heal import give_up


async def unlock(
    session: Session, environment: str, reason: str
) -> tuple[Holder | None, list[Failed]]:
    """Who had the turn, if anybody, and what a helm that takes no turns had begun. Our own heal themselves."""
    target = await session.find()
    release = target.place(environment).release
    async with connect(target.access) as client:
        holder = await lease.unlock(client, release, session.who, reason)
        return holder, await give_up(client, release, session.who, reason)
