"""What each environment runs against what it should, read from the cluster and the registry as they are now."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lightkube import AsyncClient
from lightkube.core.exceptions import ApiError

from shipway.actions.known import known
from shipway.actions.session import Session
from shipway.kube import ingress_address, lease, releases, running, workload
from shipway.kube.access import connect
from shipway.kube.workload import Workload
from shipway.model.isolation import Isolation
from shipway.model.lease import Holder
from shipway.model.record import trusted
from shipway.model.revision import current
from shipway.model.status import Row, Seen, state
from shipway.targets import here
from shipway.targets.target import Place, Target

SILENCE = timedelta(minutes=1)
"""A holder is taken for gone after it, in a view: clocks of two machines differ by less."""


@dataclass(frozen=True, slots=True)
class Status:
    """A row per environment, also for those where nothing runs yet."""

    rows: list[Row]
    isolation: Isolation | None  # how the target runs its pods, where it says it
    notes: tuple[str, ...]  # what could not be learnt


async def status(session: Session, environments: Sequence[str]) -> list[Row]:
    """NoCluster while the target is down."""
    return (await look(session, environments)).rows


async def look(session: Session, environments: Sequence[str]) -> Status:
    """As `status`, and what else one should know."""
    target = await session.find()
    places = [place for place in target.places if place.environment in environments]
    async with connect(target.access) as client:
        found = await asyncio.gather(*(_row(client, target, place) for place in places))
    registry = await known(session, target, [row.bundle for row in found])
    unsure = f"whether it is proven is not known: {registry.trouble}"
    notes = (*registry.notes, *([unsure] if registry.trouble else []))
    rows = [
        replace(
            row,
            proven=None
            if registry.trouble and row.bundle
            else trusted(registry.records.get(row.bundle, ()), row.environment),
        )
        for row in found
    ]
    return Status(rows, target.isolation, notes)


async def _row(client: AsyncClient, target: Target, place: Place) -> Row:
    """All but what the registry knows."""
    history, found, images, holder = await asyncio.gather(
        releases.history(client, place.release),
        workload.look(client, place.release.namespace, target.deployment),
        running.digests(client, place.release, target.deployment),
        _holder(client, place),
    )
    url = await url_of(client, target, place) if found else ""
    seen = Seen(
        history,
        found.deployment if found else None,
        found.pods if found else (),
        images,
        holder,
    )
    return row(place, seen, found, url)


async def _holder(client: AsyncClient, place: Place) -> Holder | None:
    """Who is at it now, where our identity may see that and the holder still shows signs of life."""
    try:
        seen = await lease.look(client, place.release)
    except ApiError as error:
        if error.status.code == 403:
            return None
        raise
    if seen.holder is None or here.dead(seen.holder):
        return None
    quiet = bool(seen.renewed) and datetime.now(UTC) - datetime.fromisoformat(seen.renewed)
    return None if quiet and quiet > SILENCE else seen.holder


async def url_of(client: AsyncClient, target: Target, place: Place) -> str:
    """Where an environment answers; empty while its load balancer has no name yet."""
    if target.ingress_port is not None:
        return target.url(place.host)
    address = await ingress_address.find(client, place.release.namespace, target.deployment)
    return f"http://{address}" if address else ""


def row(place: Place, seen: Seen, found: Workload | None, url: str) -> Row:
    revision = current(seen.history)
    digests = [digest for digest in seen.images if digest]
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
        live=tuple(sorted(set(digests), key=lambda digest: (-digests.count(digest), digest))),
        proven=False,
        holder=str(seen.holder) if seen.holder else "",
        state=state(seen),
    )
