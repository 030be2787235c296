"""The revisions of one environment, newest first."""

from shipway.actions.session import Session
from shipway.kube import releases
from shipway.kube.access import connect
from shipway.model.revision import Revision


async def history(session: Session, environment: str) -> list[Revision]:
    target = await session.find()
    async with connect(target.access) as client:
        found = await releases.history(client, target.place(environment).release)
    return found[::-1]
