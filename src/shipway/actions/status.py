"""What each environment runs, read from the cluster as it is now."""

import asyncio
from collections.abc import Sequence

from lightkube import AsyncClient

from shipway.actions.session import Session
from shipway.kube import ingress_address, releases, workload
from shipway.kube.access import connect
from shipway.kube.workload import Workload
from shipway.model.revision import Revision
from shipway.model.status import Row
from shipway.targets.target import Place, Target


async def status(session: Session, environments: Sequence[str]) -> list[Row]:
    """A row per environment, also for those where nothing runs yet. NoCluster while the target is down."""
    return await rows(await session.find(), environments)


async def rows(target: Target, environments: Sequence[str]) -> list[Row]:
    places = [place for place in target.places if place.environment in environments]
    async with connect(target.access) as client:
        return await asyncio.gather(*(_row(client, target, place) for place in places))


async def _row(client: AsyncClient, target: Target, place: Place) -> Row:
    revision, found = await asyncio.gather(
        releases.latest(client, place.release),
        workload.look(client, place.release.namespace, target.deployment),
    )
    url = await url_of(client, target, place) if found else ""
    return row(place, revision, found, url)


async def url_of(client: AsyncClient, target: Target, place: Place) -> str:
    """Where an environment answers; empty while its load balancer has no name yet."""
    if target.ingress_port is not None:
        return target.url(place.host)
    address = await ingress_address.find(client, place.release.namespace, target.deployment)
    return f"http://{address}" if address else ""


def row(place: Place, revision: Revision | None, found: Workload | None, url: str) -> Row:
    return Row(
        environment=place.environment,
        namespace=place.release.namespace,
        release=place.release.name,
        revision=revision.number if revision else 0,
        status=revision.status if revision else "not deployed",
        tag=revision.tag if revision else "",
        image=found.image if found else "",
        image_digest=found.image.partition("@")[2] if found else "",
        chart_version=revision.chart_version if revision else "",
        chart_digest=found.annotations.get("shipway.dev/chart-digest", "") if found else "",
        bundle=found.annotations.get("shipway.dev/bundle", "") if found else "",
        replicas=found.deployment.wanted if found else 0,
        ready=found.ready if found else 0,
        url=url,
    )
