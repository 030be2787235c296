"""A run's turn in an environment: from its deploy through its test nobody else changes what runs there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

from lightkube import AsyncClient

from shipway.kube import namespaces
from shipway.kube.access import opened, told
from shipway.kube.hold import Hold
from shipway.kube.probe import Probe
from shipway.kube.steadily import steadily
from shipway.kube.taking import take
from shipway.model.bundle import Digest
from shipway.model.lease import Holder
from shipway.model.record import By, Kept, Kind, Record
from shipway.oci.records import Ledger
from shipway.oci.team_key import TeamKey
from shipway.pipeline.stage import Say
from shipway.shell import outlived
from shipway.stages.heal import Remains, heal
from shipway.targets import here
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
    hold: Hold
    stack: AsyncExitStack
    probe: Probe | None = None

    @property
    def probed(self) -> str:
        """What the change has cost so far, in words; empty where nobody asked."""
        return str(self.probe.result()) if self.probe else ""

    @property
    def fence(self) -> int:
        """Higher than that of every turn before, in this environment."""
        return self.hold.fence

    @property
    def mark(self) -> str:
        """What no other release in no other cluster has."""
        release = self.place.release
        return f"{self.client.config.cluster.server} {release.namespace}/{release.name}"

    @property
    def tool_env(self) -> Mapping[str, str]:
        """For each helm of this turn: should it outlive us, whoever has the next one ends it."""
        return {**self.target.tool_env, **outlived.mark(self.mark, self.fence)}

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
        """Around all that a stage does in its turn: LeaseLost ends it when the turn is over before the work is."""
        with told(self.target.access):
            async with self.hold.working():
                yield

    def is_ours(self) -> bool:
        """As far as we know without asking."""
        return not self.hold.over

    async def still_ours(self) -> None:
        """Right before the release is changed: LeaseLost where that is no longer ours to do."""
        with told(self.target.access):
            await self.hold.still_ours()


@dataclass(slots=True)
class Turns:
    """Of one run. What is still taken is given back by `aclose`."""

    by: By
    repository: str  # of the bundles
    runs: Path  # journals of this machine
    patience: float  # seconds for which another run's turn is waited for
    key: TeamKey | None = None
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
        async with AsyncExitStack() as stack:
            for turn in self.taken.values():
                stack.push_async_callback(turn.stack.aclose)
            self.taken.clear()

    async def _begin(self, target: Target, environment: str, say: Say) -> Turn:
        place = target.place(environment)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(opened(target.access))
            name, start = place.release.namespace, target.access.start
            with told(target.access):
                if target.create_namespaces:
                    await steadily(partial(namespaces.ensure, client, name))
                else:
                    await steadily(partial(namespaces.labels, client, name, start))
            registry = await stack.enter_async_context(target.open_registry())
            with told(target.access):
                hold = await self._hold(client, place, say)
            stack.push_async_callback(_give_back, hold, say)
            ledger = Ledger(registry, self.repository, self.key)
            turn = Turn(target, place, self.by, client, ledger, hold, stack)
            async with turn.working():
                await self._heal(turn, say)
            turn.stack = stack.pop_all()
            return turn
        raise AssertionError("an exit stack swallows nothing")

    async def _heal(self, turn: Turn, say: Say) -> None:
        place, hold = turn.place, turn.hold
        remains = Remains(
            client=turn.client,
            environment=place.environment,
            release=place.release,
            deployment=turn.target.deployment,
            mark=turn.mark,
            fence=hold.fence,
            former=hold.former,
            runs=self.runs,
        )
        await heal(remains, say)

    async def _hold(self, client: AsyncClient, place: Place, say: Say) -> Hold:
        noted = False

        def waiting(holder: Holder, seconds: float) -> None:
            nonlocal noted
            if not noted:
                say.note(f"waits for {holder}")
                noted = True
            say.progress(f"waits for {holder}: {seconds:.0f} s")

        with say.effect("lease"):
            return await take(
                client,
                place.release,
                here.holder(self.by, say.stage),
                environment=place.environment,
                patience=self.patience,
                dead=here.dead,
                waiting=waiting,
            )


async def _give_back(hold: Hold, say: Say) -> None:
    with say.effect("lease released"):
        await hold.release()
