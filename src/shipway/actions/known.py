"""What the registry knows of bundles, for views: a registry that does not answer is told, and leaves the rest."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shipway.actions.session import Session
from shipway.errors import ShipwayError
from shipway.model.bundle import Digest
from shipway.model.record import Kept
from shipway.oci.errors import RegistryUnreachable
from shipway.oci.records import Ledger, Reading
from shipway.oci.registry import Registry
from shipway.oci.remembered import Remembered
from shipway.oci.retry import Patience
from shipway.targets.target import Target

ONCE = Patience(attempts=1)  # whoever looks types it again
SECONDS = 10.0  # for what is beside the point of a view


@dataclass(frozen=True, slots=True)
class Known:
    """By bundle. `trouble` is why nothing is known; empty where something is."""

    records: Mapping[Digest, Sequence[Kept]] = field(default_factory=dict)
    trouble: str = ""
    notes: tuple[str, ...] = ()


async def known(session: Session, target: Target, bundles: Iterable[Digest]) -> Known:
    """The records of these bundles. It raises nothing."""
    wanted = sorted({bundle for bundle in bundles if bundle})
    if not wanted:
        return Known()
    try:
        async with registry(session, target, SECONDS) as there:
            readings = await read(session, there, wanted)
    except ShipwayError as error:
        return Known(trouble=error.problem)
    return Known({key: found.kept for key, found in readings.items()}, notes=notes(readings))


async def read(
    session: Session, there: Registry, bundles: Sequence[Digest]
) -> dict[Digest, Reading]:
    ledger = Ledger(there, session.project.image.repository, session.key)
    found = await asyncio.gather(*(ledger.look(bundle) for bundle in bundles))
    return dict(zip(bundles, found, strict=True))


def notes(readings: Mapping[Digest, Reading]) -> tuple[str, ...]:
    """What was passed over, once for all."""
    ignored = Reading([], [reason for each in readings.values() for reason in each.ignored])
    return (ignored.note,) if ignored.note else ()


@asynccontextmanager
async def registry(
    session: Session, target: Target, seconds: float | None = None
) -> AsyncIterator[Registry]:
    """For a look: RegistryUnreachable at once where it does not answer, and when it takes longer than `seconds`."""
    credentials = target.credentials() if target.credentials else None
    folder = session.state / "cache" / "registry"
    there = Remembered(target.registry, credentials, patience=ONCE, folder=folder)
    try:
        async with asyncio.timeout(seconds), there:
            yield there
    except TimeoutError as late:
        slow = f"not all answers came within {seconds:.0f} s"
        raise RegistryUnreachable(target.registry.url, slow, target.registry.start) from late
