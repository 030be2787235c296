"""Before an environment goes back: which revision is to be trusted, is all of it still there, can it work with the data?"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shipway.model import rollback
from shipway.model.bundle import Bundle, ChartRef, Digest, ImageRef
from shipway.model.record import Kept
from shipway.model.revision import Revision
from shipway.model.rollback import Unknown
from shipway.oci import bundles
from shipway.oci.errors import NotInRegistry
from shipway.oci.records import Ledger
from shipway.stages.build import short
from shipway.stages.staying import label


@dataclass(slots=True)
class Preflight:
    """Of one way back. What was read once is not read again."""

    ledger: Ledger
    environment: str
    known: dict[Digest, Sequence[Kept]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # of records that count for nothing

    async def learn(self, unknown: Iterable[Digest]) -> None:
        wanted = [each for each in dict.fromkeys(unknown) if each and each not in self.known]
        found = await asyncio.gather(*(self.ledger.look(each) for each in wanted))
        for bundle, reading in zip(wanted, found, strict=True):
            self.known[bundle] = reading.kept
            if reading.note:
                self.notes.append(f"of {short(bundle)} {reading.note}")

    async def choose(self, history: Sequence[Revision]) -> Revision | None:
        while True:
            found = rollback.choose(history, self.known, self.environment)
            if not isinstance(found, Unknown):
                return found
            await self.learn(found.bundles)

    async def risks(self, history: Sequence[Revision], number: int, bundle: Digest) -> list[str]:
        """What speaks against a return to revision `number`, 0 for none of the history's."""
        between = {each.bundle: each for each in rollback.crossed(history, number, bundle)}
        target, *others = await asyncio.gather(
            self._bundle(bundle), *(self._bundle(each) for each in between)
        )
        unsafe = [
            words
            for revision, found in zip(between.values(), others, strict=True)
            if (words := _unsafe(revision, found))
        ]
        return [*await self._missing(bundle, target), *unsafe]

    async def _bundle(self, bundle: Digest) -> Bundle | None:
        if not bundle:
            return None
        found = await bundles.peek(self.ledger.registry, self.ledger.repository, bundle)
        return found.bundle if found else None

    async def _missing(self, bundle: Digest, found: Bundle | None) -> list[str]:
        if found is None:
            return [f"its bundle {short(bundle)} is not in the registry"] if bundle else []
        parts: dict[str, ImageRef | ChartRef] = {"image": found.image, "chart": found.chart}
        said = await asyncio.gather(
            *(self._is_missing(part.repository, part.digest) for part in parts.values())
        )
        return [
            f"its {name} {missing}" for name, missing in zip(parts, said, strict=True) if missing
        ]

    async def _is_missing(self, repository: str, digest: Digest) -> str:
        try:
            await self.ledger.registry.manifest(repository, digest)
        except NotInRegistry as missing:
            return missing.problem
        return ""


def _unsafe(revision: Revision, found: Bundle | None) -> str:
    """Whoever changed the data for good leaves it to no earlier release (pitfall 23)."""
    if found is None:
        return f"nobody knows whether {label(revision)} is safe to go back from: its bundle is not in the registry"
    if not found.rollback_safe:
        return f"{label(revision)} is not safe to go back from (rollback_safe: false): its data is not for earlier releases"
    return ""
