"""Take an environment's turn from a run that does not give it back."""

from shipway.actions.session import Session
from shipway.kube import lease
from shipway.kube.access import connect
from shipway.model.lease import Holder


async def unlock(session: Session, environment: str, reason: str) -> Holder | None:
    """Who had it; None where nobody did."""
    target = await session.find()
    async with connect(target.access) as client:
        return await lease.unlock(client, target.place(environment).release, session.who, reason)
