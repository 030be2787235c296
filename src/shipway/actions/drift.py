"""Whether each environment still is what was released there."""

import asyncio
from collections.abc import Sequence

from lightkube import AsyncClient

from shipway.actions.session import Session
from shipway.charts.render import objects
from shipway.kube import drift as look
from shipway.kube import releases
from shipway.kube.access import connect
from shipway.model.drift import Drift
from shipway.targets.target import Place


async def drift(session: Session, environments: Sequence[str]) -> list[Drift]:
    """NoCluster while the target is down."""
    target = await session.find()
    places = [place for place in target.places if place.environment in environments]
    async with connect(target.access) as client:
        return await asyncio.gather(*(_drift(client, place) for place in places))


async def _drift(client: AsyncClient, place: Place) -> Drift:
    revision = await releases.latest(client, place.release)
    if revision is None:
        return Drift(place.environment)
    released = objects(await look.manifest(client, place.release, revision.number))
    return Drift(
        environment=place.environment,
        revision=revision.number,
        status=revision.status,
        tag=revision.tag,
        bundle=revision.bundle,
        objects=len(released),
        differences=await look.find(client, place.release, released),
    )
