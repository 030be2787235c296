"""All bundles of the registry: who made each, where it proved itself, and where it runs now."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from shipway.actions.known import notes, read, registry
from shipway.actions.session import Session
from shipway.errors import ShipwayError
from shipway.kube import releases
from shipway.kube.access import connect
from shipway.model.bundle import Digest
from shipway.model.revision import last_good
from shipway.model.shelf import Item, items
from shipway.oci.listing import listed
from shipway.targets.target import Target


@dataclass(frozen=True, slots=True)
class Shelf:
    items: list[Item]  # newest first
    notes: tuple[str, ...]  # what could not be learnt


async def bundles(session: Session) -> Shelf:
    """NoCluster while the target is down as a whole; a cluster alone that does not answer is told."""
    target = await session.find()
    running = asyncio.create_task(_running(target))
    try:
        async with registry(session, target) as there:
            found, damaged = await listed(there, session.project.image.repository)
            readings = await read(session, there, [each.bundle.id for each in found])
        where = await running
    finally:
        running.cancel()
    known = {bundle: reading.kept for bundle, reading in readings.items()}
    environments = [place.environment for place in target.places]
    cluster = None if isinstance(where, ShipwayError) else where
    said = [*notes(readings)]
    if damaged:
        said.append(f"{damaged} cannot be read, and stand{'s' if damaged == 1 else ''} not here")
    if isinstance(where, ShipwayError):
        said.append(f"where they run is not known: {where.problem}")
    return Shelf(items(found, known, cluster, environments), tuple(said))


async def _running(target: Target) -> Mapping[str, Digest] | ShipwayError:
    """By environment, the bundle of the last revision that served."""
    try:
        async with connect(target.access) as client:
            found = await asyncio.gather(
                *(releases.history(client, place.release) for place in target.places)
            )
    except ShipwayError as error:
        return error
    last = {
        place.environment: last_good(history)
        for place, history in zip(target.places, found, strict=True)
    }
    return {environment: good.bundle for environment, good in last.items() if good}
