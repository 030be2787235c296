"""What happened in one environment: helm's revisions, and who did what in which run."""

from dataclasses import dataclass

from shipway.actions.known import known
from shipway.actions.session import Session
from shipway.kube import releases
from shipway.kube.access import connect
from shipway.model.history import Entry, entries


@dataclass(frozen=True, slots=True)
class Told:
    entries: list[Entry]  # newest first
    notes: tuple[str, ...]  # what could not be learnt


async def history(session: Session, environment: str) -> Told:
    """The part that helm knows needs no registry."""
    target = await session.find()
    async with connect(target.access) as client:
        found = await releases.history(client, target.place(environment).release)
    registry = await known(session, target, [revision.bundle for revision in found])
    alone = f"this is what helm knows; who did it and why is recorded in the registry: {registry.trouble}"
    notes = (*registry.notes, *([alone] if registry.trouble else []))
    return Told(entries(found, registry.records, environment), notes)
