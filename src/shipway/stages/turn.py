"""A run's turn in an environment: from its deploy through its test nobody else changes what runs there."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from lightkube import AsyncClient

from shipway.kube import namespaces
from shipway.kube.access import opened, told
from shipway.model.bundle import Digest
from shipway.model.record import By, Kept, Kind, Record
from shipway.oci.records import Ledger
from shipway.pipeline.stage import Say
from shipway.targets.target import Place, Target


class Findings(TypedDict, total=False):
    """What a record says beside who and where."""

    revision: int
    reason: str
    test: str
    probe: str
    lifts: tuple[Digest, ...]


@dataclass(slots=True)
class Turn:
    """Its connections last as long as it does."""

    target: Target
    place: Place
    by: By
    client: AsyncClient
    ledger: Ledger
    stack: AsyncExitStack
    fence: int = 0

    async def record(self, say: Say, kind: Kind, bundle: Digest, **facts: Unpack[Findings]) -> Kept:
        """Written by this run, about a bundle in this environment."""
        record = Record(
            kind=kind,
            bundle=bundle,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            who=self.by.who,
            run=self.by.run,
            environment=self.place.environment,
            cluster=self.target.cluster_name,
            **facts,
        )
        with say.effect(f"record {kind}"):
            return await self.ledger.write(record)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around all that a stage does in its turn."""
        with told(self.target.access):
            yield


@dataclass(slots=True)
class Turns:
    """Of one run. What is still taken is given back by `aclose`."""

    by: By
    repository: str  # of the bundles
    taken: dict[str, Turn] = field(default_factory=dict)

    async def take(self, target: Target, environment: str, say: Say) -> Turn:
        """The turn that this run has already, or a new one."""
        if environment not in self.taken:
            self.taken[environment] = await self._begin(target, environment, say)
        return self.taken[environment]

    async def end(self, environment: str) -> None:
        turn = self.taken.pop(environment, None)
        if turn is not None:
            await turn.stack.aclose()

    async def aclose(self) -> None:
        for environment in list(self.taken):
            await self.end(environment)

    async def _begin(self, target: Target, environment: str, say: Say) -> Turn:
        place = target.place(environment)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(opened(target.access))
            with told(target.access):
                if target.create_namespaces:
                    await namespaces.ensure(client, place.release.namespace)
                else:
                    await namespaces.labels(client, place.release.namespace, target.access.start)
            registry = await stack.enter_async_context(target.open_registry())
            ledger = Ledger(registry, self.repository)
            return Turn(target, place, self.by, client, ledger, stack.pop_all())
        raise AssertionError("an exit stack swallows nothing")
