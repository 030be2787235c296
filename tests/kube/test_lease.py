"""The lease of a release on drydock's API: one holder at a time, whoever dies, sleeps, or has a wrong clock."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.core_v1 import Secret as SecretModel
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import ConfigMap, Secret
from msgspec.structs import replace as changed
from starlette.types import ASGIApp

from shipway.commands.helm import Release
from shipway.kube import lease, releases, taking
from shipway.kube.hold import Hold, LeaseLost
from shipway.kube.taking import Locked
from shipway.model.lease import Holder
from tests.drydock.api import conftest as drydock
from tests.kube.conftest import recorded

TINY = Release("tiny", "dev")
ALICE = Holder("alice on laptop", "laptop/1.1", "R1", 11, "1/1", "deploy dev")
BOB = replace(ALICE, who="bob on laptop", run="R2", pid=12)
DEADLINE = 45.0  # seconds

store, logs, pods, app = drydock.store, drydock.logs, drydock.pods, drydock.app
tls = drydock.tls


@dataclass
class Wire(httpx2.AsyncBaseTransport):
    """The way to the API, on which things go wrong."""

    app: ASGIApp
    trouble: str = ""  # "cut", "busy", or "mute": what was asked is done, and nobody hears of it
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inner = httpx2.ASGITransport(app=self.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.method)
        if self.trouble == "cut":
            raise httpx2.ConnectError("connection refused", request=request)
        if self.trouble == "busy":
            return httpx2.Response(429, text="Too many requests, please try again later.")
        answer = await self._inner.handle_async_request(request)
        if self.trouble == "mute":
            await answer.aread()
            self.trouble = ""
            raise httpx2.ReadError("connection reset", request=request)
        return answer


@pytest.fixture
def wire(app: ASGIApp) -> Wire:
    return Wire(app)


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[AsyncClient]:
    user = User(token=drydock.TOKEN)
    config = KubeConfig.from_one(cluster=Cluster(server="https://127.0.0.1"), user=user).get()
    client = AsyncClient(config=config, transport=wire)
    yield client
    await client.aclose()


@dataclass
class Waits:
    """For whom somebody waited, each once."""

    heard: list[str] = field(default_factory=list)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, holder: Holder, _seconds: float) -> None:
        self.bell.set()
        if str(holder) not in self.heard:
            self.heard.append(str(holder))


async def take(
    client: AsyncClient,
    us: Holder = ALICE,
    *,
    release: Release = TINY,
    patience: float = DEADLINE,
    dead: tuple[Holder, ...] = (),
    waiting: Waits | None = None,
    seconds: int = 15,
) -> Hold:
    return await taking.take(
        client,
        release,
        us,
        environment="dev",
        patience=patience,
        dead=dead.__contains__,
        waiting=waiting or Waits(),
        seconds=seconds,
    )


@asynccontextmanager
async def taken(client: AsyncClient, us: Holder = ALICE, seconds: int = 15) -> AsyncIterator[Hold]:
    held = await take(client, us, seconds=seconds)
    try:
        yield held
    finally:
        await held.release()


async def left_by(
    client: AsyncClient,
    us: Holder,
    seconds: int,
    clock: timedelta = timedelta(),
    release: Release = TINY,
) -> Lease:
    """By a process that ended without a word, on a machine whose clock is wrong."""
    made = lease.taken(None, release, us, fence=4, seconds=seconds)
    assert made.spec is not None
    wrong = datetime.now(UTC) + clock
    spec = changed(made.spec, acquireTime=wrong, renewTime=wrong)
    return await client.create(changed(made, spec=spec))


async def there(client: AsyncClient) -> Lease:
    return await client.get(Lease, "shipway-tiny", namespace="dev")


async def revision(client: AsyncClient, fence: int) -> None:
    """One that a run with that fence made."""
    secret = SecretModel.from_dict(recorded("helm_release.json"))
    assert isinstance(secret, SecretModel)
    assert secret.metadata is not None
    labels = {**(secret.metadata.labels or {}), releases.FENCE: str(fence)}
    meta = ObjectMeta(name=secret.metadata.name, namespace="dev", labels=labels)
    await client.create(Secret(metadata=meta, type=secret.type, data=secret.data))


def told(error: pytest.ExceptionInfo[LeaseLost]) -> tuple[str, tuple[str, ...], int]:
    lost = error.value
    assert lost.remedy == "shipway history dev, and then the same again"
    return lost.problem, lost.details, lost.exit_code


async def test_a_free_lease_is_taken_and_everybody_sees_by_whom(client: AsyncClient) -> None:
    async with taken(client) as held:
        found = await there(client)
        assert found.metadata is not None
        assert found.metadata.annotations == {
            "shipway.dev/who": "alice on laptop",
            "shipway.dev/host": "laptop/1.1",
            "shipway.dev/run": "R1",
            "shipway.dev/pid": "11",
            "shipway.dev/born": "1/1",
            "shipway.dev/doing": "deploy dev",
        }
        assert found.spec is not None
        assert found.spec == LeaseSpec(
            holderIdentity="laptop/1.1/R1",
            leaseDurationSeconds=15,
            leaseTransitions=1,
            acquireTime=found.spec.acquireTime,
            renewTime=found.spec.acquireTime,
        )
        assert (await lease.look(client, TINY)).holder == ALICE
        assert held.fence == 1
    found = await there(client)
    assert found.spec is not None
    assert (found.spec.holderIdentity, found.spec.leaseTransitions) == ("", 1)
    assert found.metadata is not None
    assert not found.metadata.annotations
    seen = await lease.look(client, TINY)
    assert (seen.holder, seen.fence) == (None, 1)


async def test_a_second_one_waits_says_for_whom_and_comes_next(client: AsyncClient) -> None:
    first, waits = await take(client), Waits()
    second = asyncio.create_task(take(client, BOB, waiting=waits))
    await asyncio.wait_for(waits.bell.wait(), DEADLINE)
    assert (await lease.look(client, TINY)).holder == ALICE
    await first.release()
    held = await asyncio.wait_for(second, DEADLINE)
    assert (held.fence, waits.heard) == (2, ["alice on laptop: deploy dev (run R1)"])
    assert (await lease.look(client, TINY)).holder == BOB
    await held.release()


async def test_who_may_not_wait_is_refused_and_told_what_to_do(client: AsyncClient) -> None:
    async with taken(client):
        since = (await lease.look(client, TINY)).taken
        with pytest.raises(Locked) as refused:
            await take(client, BOB, patience=0)
    error = refused.value
    assert error.exit_code == 3
    assert error.problem == "in dev it is the turn of alice on laptop: deploy dev (run R1)"
    assert error.details == (f"since {since}",)
    assert error.remedy == (
        "wait longer, with --lock-timeout 30m; or, if nobody is behind it any more: "
        "shipway unlock dev --reason TEXT"
    )


async def test_of_many_at_once_each_gets_its_turn_and_no_two_have_it(client: AsyncClient) -> None:
    inside: list[str] = []
    fences: list[int] = []

    async def one(number: int) -> None:
        us = replace(ALICE, run=f"R{number}")
        async with taken(client, us) as held, held.working():
            assert inside == []
            inside.append(us.run)
            await held.still_ours()
            fences.append(held.fence)
            inside.remove(us.run)

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(one(number))
    assert fences == [*range(1, 9)]


CLOCKS = {
    Release("fast", "dev"): timedelta(hours=1),
    Release("slow", "dev"): -timedelta(hours=1),
}


async def test_a_silent_holder_loses_it_after_its_time_whatever_its_clock_says(
    client: AsyncClient,
) -> None:
    async def follow(release: Release, clock: timedelta) -> None:
        loop, waits = asyncio.get_running_loop(), Waits()
        await left_by(client, ALICE, 2, clock, release)
        begin = loop.time()
        held = await take(client, BOB, release=release, waiting=waits)
        assert loop.time() - begin > 2
        assert (held.fence, waits.heard) == (5, [str(ALICE)])
        await held.release()

    await asyncio.gather(*(follow(*each) for each in CLOCKS.items()))


async def test_a_holder_that_lives_keeps_it_whatever_its_clock_says(client: AsyncClient) -> None:
    async def renew(found: Lease, clock: timedelta) -> None:
        while True:
            assert found.spec is not None
            found.spec.renewTime = datetime.now(UTC) + clock
            found = await client.replace(found)
            await asyncio.sleep(0.1)

    async def stay(release: Release, clock: timedelta) -> None:
        found = await left_by(client, ALICE, 2, clock, release)
        renewing = asyncio.create_task(renew(found, clock))
        with pytest.raises(Locked):
            await take(client, BOB, release=release, patience=3)
        renewing.cancel()
        await asyncio.wait([renewing])
        assert renewing.cancelled()

    await asyncio.gather(*(stay(*each) for each in CLOCKS.items()))


async def test_a_holder_of_this_machine_that_is_dead_is_not_waited_for(client: AsyncClient) -> None:
    await left_by(client, ALICE, 3600)
    waits = Waits()
    held = await take(client, BOB, patience=0, dead=(ALICE,), waiting=waits)
    assert (held.fence, held.former, waits.heard) == (5, ALICE, [])
    await held.release()


async def test_what_somebody_else_wrote_into_it_is_respected(client: AsyncClient) -> None:
    spec = LeaseSpec(holderIdentity="somebody's script", leaseDurationSeconds=3600)
    await client.create(Lease(metadata=ObjectMeta(name="shipway-tiny", namespace="dev"), spec=spec))
    with pytest.raises(Locked, match="in dev it is the turn of somebody's script"):
        await take(client, patience=0)


async def test_it_is_renewed_beside_a_note_that_somebody_puts_on_it(client: AsyncClient) -> None:
    async with asyncio.timeout(DEADLINE), taken(client, seconds=3) as held, held.working():
        before = await there(client)
        note = {"metadata": {"annotations": {"note": "hello"}}}
        noted = await client.patch(Lease, "shipway-tiny", note, namespace="dev")
        assert noted.spec is not None
        while (after := await there(client)).spec == noted.spec:  # noqa: ASYNC110  # nothing rings
            await asyncio.sleep(0.01)
        assert before.spec is not None
        assert after.spec is not None
        assert after.spec == changed(before.spec, renewTime=after.spec.renewTime)
        assert after.metadata is not None
        assert after.metadata.annotations is not None
        assert after.metadata.annotations["note"] == "hello"
        await held.still_ours()


async def test_work_ends_when_a_person_takes_the_turn_away(client: AsyncClient) -> None:
    ended: list[str] = []

    async def work(held: Hold) -> None:
        async with held.working():
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

    async with asyncio.timeout(DEADLINE), taken(client, seconds=2) as held:
        working = asyncio.create_task(work(held))
        assert await lease.unlock(client, TINY, "carol on desk", "it hangs") == ALICE
        with pytest.raises(LeaseLost) as lost:
            await working
        assert told(lost) == (
            "our turn in dev is over: carol on desk took it away: it hangs", (), 3
        )  # fmt: skip
        assert ended == ["cancelled"]
        with pytest.raises(LeaseLost, match="it hangs"):
            await held.still_ours()
        with pytest.raises(LeaseLost, match="it hangs"):
            async with held.working():
                ended.append("begun")
    assert ended == ["cancelled"]


async def test_who_lost_it_hears_why_also_when_the_next_one_has_it(client: AsyncClient) -> None:
    async with taken(client) as first:
        await lease.unlock(client, TINY, "carol on desk", "it hangs")
        async with taken(client, BOB) as second:
            with pytest.raises(LeaseLost) as lost:
                await first.still_ours()
            assert told(lost) == (
                "our turn in dev is over: carol on desk took it away: it hangs",
                ("it is the turn of bob on laptop: deploy dev (run R2)",),
                3,
            )
            assert second.former == ALICE  # what it left behind is to be looked after
            await first.release()
            await second.still_ours()
    async with taken(client) as third:
        assert third.former is None


async def test_a_lease_that_nobody_has_needs_no_unlocking(client: AsyncClient) -> None:
    assert await lease.unlock(client, TINY, "carol on desk", "it hangs") is None
    async with taken(client):
        pass
    before = await there(client)
    assert await lease.unlock(client, TINY, "carol on desk", "it hangs") is None
    assert await there(client) == before


async def test_a_deleted_lease_is_lost_and_its_fence_is_not_given_twice(
    client: AsyncClient,
) -> None:
    async with taken(client) as first:
        await revision(client, fence=first.fence)
        await client.delete(Lease, "shipway-tiny", namespace="dev")
        with pytest.raises(LeaseLost) as lost:
            await first.still_ours()
        assert told(lost) == ("our turn in dev is over: somebody removed the lease", (), 3)
        async with taken(client, BOB) as second:
            assert second.fence == first.fence + 1
            await second.still_ours()


async def test_an_older_fence_may_not_act(client: AsyncClient) -> None:
    async with taken(client) as held:
        await held.still_ours()
        await revision(client, fence=7)
        with pytest.raises(LeaseLost, match="over: a later one has changed the release"):
            await held.still_ours()


async def test_an_outage_shorter_than_the_lease_does_not_lose_it(
    client: AsyncClient, wire: Wire
) -> None:
    """As one of ten seconds is to the lease of fifteen."""
    async with taken(client, seconds=6) as held, held.working():
        for trouble in ("cut", "busy"):
            wire.trouble = trouble
            wire.asked.clear()
            await asyncio.sleep(2)
            assert "PUT" in wire.asked
        wire.trouble = ""
        await held.still_ours()
        wire.asked.clear()
        while "PUT" not in wire.asked:  # noqa: ASYNC110  # the wire rings no bell
            await asyncio.sleep(0.01)
    assert (await lease.look(client, TINY)).holder is None


async def test_work_ends_when_nothing_is_heard_of_the_cluster(
    client: AsyncClient, wire: Wire
) -> None:
    held = await take(client, seconds=1)
    wire.trouble = "cut"
    with pytest.raises(LeaseLost) as lost:
        async with asyncio.timeout(DEADLINE), held.working():
            await asyncio.Event().wait()
    assert told(lost) == (
        "our turn in dev is over: it could not be renewed for 1 s: connection refused", (), 3
    )  # fmt: skip
    await held.release()


async def test_a_cluster_that_comes_back_is_waited_for(client: AsyncClient, wire: Wire) -> None:
    wire.trouble = "busy"
    taking = asyncio.create_task(take(client))
    while len(wire.asked) < 2:  # noqa: ASYNC110  # the wire rings no bell
        await asyncio.sleep(0.01)
    wire.trouble = ""
    held = await asyncio.wait_for(taking, DEADLINE)
    assert held.fence == 1
    await held.release()


async def test_a_lease_whose_answer_was_lost_is_known_as_our_own(
    client: AsyncClient, wire: Wire
) -> None:
    async with taken(client):
        pass
    before = len(wire.asked)
    wire.trouble = "mute"  # strikes the look, and then, below, what was written
    held = await asyncio.wait_for(take(client), DEADLINE)
    assert (held.fence, wire.asked[before:]) == (2, ["GET", "GET", "PUT"])
    await held.release()
    made = lease.taken(await lease.read(client, TINY), TINY, BOB, fence=3, seconds=15)
    wire.trouble = "mute"
    with pytest.raises(httpx2.ReadError):
        await lease.write(client, made)
    held = await asyncio.wait_for(take(client, BOB), DEADLINE)
    assert held.fence == 3
    await held.release()


async def test_it_is_given_back_while_we_are_cancelled_twice(
    client: AsyncClient, wire: Wire
) -> None:
    held = await take(client)

    async def work() -> None:
        try:
            async with held.working():
                await asyncio.Event().wait()
        finally:
            await held.release()

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    wire.asked.clear()
    working.cancel()
    while not wire.asked:  # noqa: ASYNC110  # the wire rings no bell
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()
    assert (await lease.look(client, TINY)).holder is None


@pytest.mark.parametrize("requests", [1, 2, 3])
async def test_who_is_cancelled_while_taking_it_leaves_it_free(
    client: AsyncClient, wire: Wire, requests: int
) -> None:
    taking = asyncio.create_task(take(client))
    while len(wire.asked) < requests and not taking.done():  # noqa: ASYNC110  # the wire rings no bell
        await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait([taking])
    if not taking.cancelled():
        await taking.result().release()
    assert (await lease.look(client, TINY)).holder is None


async def test_giving_it_back_to_a_cluster_that_does_not_answer_takes_no_time(
    client: AsyncClient, wire: Wire
) -> None:
    held = await take(client)
    wire.trouble = "cut"
    async with asyncio.timeout(2):
        await held.release()


async def test_who_lost_it_to_one_that_is_done_hears_that_it_was_taken(client: AsyncClient) -> None:
    async with taken(client) as first:
        held = await take(client, BOB, dead=(ALICE,))
        await held.release()
        with pytest.raises(LeaseLost) as lost:
            await first.still_ours()
    assert told(lost) == (
        "our turn in dev is over: it was not renewed for 15 s, and another run took it", (), 3
    )  # fmt: skip


SLEEPER = """
import asyncio, sys
from lightkube import AsyncClient, KubeConfig
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap
from shipway.errors import ShipwayError
from shipway.commands.helm import Release
from shipway.kube import taking
from shipway.model.lease import Holder

async def main(kubeconfig, between):
    async with AsyncClient(config=KubeConfig.from_file(kubeconfig), trust_env=False) as client:
        held = await taking.take(
            client, Release("tiny", "dev"), Holder("alice on laptop", "laptop/1.1", "R1", 11, "1/1", "deploy dev"),
            environment="dev", patience=0, dead=lambda _: False, waiting=print, seconds=2,
        )
        print("has it", flush=True)
        try:
            async with held.working():
                while not await asyncio.to_thread(sys.stdin.readline):
                    pass
                await held.still_ours()
                await client.create(ConfigMap(metadata=ObjectMeta(name="changed", namespace="dev")))
                print("changed the release")
        except ShipwayError as error:
            print(error.problem, *error.details, sep="\\n")
        await held.release()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_that_slept_too_long_wakes_up_and_changes_nothing(
    client: AsyncClient, app: ASGIApp, tls: Any, tmp_path: Path
) -> None:
    async with asyncio.timeout(DEADLINE), drydock.serving(app, tls) as port:
        drydock.write_kubeconfig(tmp_path / "kubeconfig", port, tls)
        sleeper = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", SLEEPER, tmp_path / "kubeconfig", "x"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert sleeper.stdout
            assert await sleeper.stdout.readline() == b"has it\n"
            os.kill(sleeper.pid, signal.SIGSTOP)
            second = await take(client, BOB)
            os.kill(sleeper.pid, signal.SIGCONT)
            out, _ = await sleeper.communicate(b"go on\n")
        finally:
            if sleeper.returncode is None:
                sleeper.kill()
                await sleeper.wait()
        assert out.decode().splitlines() == [
            "our turn in dev is over: it was not renewed for 2 s, and another run took it",
            "it is the turn of bob on laptop: deploy dev (run R2)",
        ]
        assert [each async for each in client.list(ConfigMap, namespace="dev")] == []
        await second.still_ours()
        await second.release()
