"""The probe against a server that answers, fails, stalls, hangs up, and goes away."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest

from shipway.kube.probe import Probe
from shipway.model.probe import NotProbed, Probed
from tests.loopback import listen

ANSWERS = {
    "well": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "badly": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
}
REFUSED = "All connection attempts failed"


@dataclass
class Server:
    """Counts what it does, by mood."""

    mood: Literal["well", "badly", "stalls", "hangs up"] = "well"
    did: dict[str, int] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """On the port that it had before."""
        listener = listen(self.port)
        self.port = listener.getsockname()[1]
        server = await asyncio.start_server(self._talk, sock=listener)
        try:
            yield
        finally:
            server.close()
            for writer in list(self.open):
                writer.transport.abort()
            await until(lambda: not self.open)

    def count(self, mood: str) -> int:
        return self.did.get(mood, 0)

    async def more(self, mood: Literal["well", "badly", "stalls", "hangs up"], number: int) -> None:
        """Until it has done that so many times more."""
        self.mood = mood
        wanted = self.count(mood) + number
        await until(lambda: self.count(mood) >= wanted)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.open.discard(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        mood = self.mood
        self.did[mood] = self.count(mood) + 1
        if mood == "stalls":
            await reader.read()  # until who asked gives up
            return False
        if mood == "hangs up":
            return False
        writer.write(ANSWERS[mood])
        await writer.drain()
        return b"connection: close" not in head.lower()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # no event tells what a probe has counted
            await asyncio.sleep(0.005)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with server.up():
        yield server


def _probe(server: Server, *, timeout: float = 30.0) -> Probe:
    return Probe(server.url, "/health", host="dev.local", local=True, rate=100.0, timeout=timeout)


def _seen(probe: Probe) -> Probed:
    found = probe.result()
    assert isinstance(found, Probed)
    return found


async def test_a_route_that_answers_loses_no_request(server: Server) -> None:
    async with _probe(server) as probe:
        await server.more("well", 40)
    found = _seen(probe)
    assert (found.failures, found.first_failures) == (0, ())
    assert 40 <= found.requests <= server.count("well")
    assert str(found).startswith(f"0 of {found.requests} requests failed, longest gap ")


async def test_a_bad_answer_is_a_failure_each_time(server: Server) -> None:
    async with _probe(server) as probe:
        await server.more("well", 3)
        await server.more("badly", 7)
        await server.more("well", 3)
        await until(lambda: _seen(probe).failures == server.count("badly"))
    found = _seen(probe)
    assert found.failures == server.count("badly")
    assert [text.partition(" s: ")[2] for text in found.first_failures] == [
        "503 Service Unavailable"
    ] * 5


async def test_a_hung_up_connection_is_a_failure_each_time(server: Server) -> None:
    async with _probe(server) as probe:
        await server.more("well", 3)
        await server.more("hangs up", 7)
        await server.more("well", 3)
        await until(lambda: _seen(probe).failures == server.count("hangs up"))
    found = _seen(probe)
    assert found.failures == server.count("hangs up")
    assert found.first_failures[0].endswith("Server disconnected without sending a response.")


async def test_a_stalled_answer_slows_nothing_and_is_a_failure_each_time(server: Server) -> None:
    async with _probe(server, timeout=1.0) as probe:
        await server.more("well", 3)
        begun = time.monotonic()
        await server.more("stalls", 20)
        assert time.monotonic() - begun < 20 * 1.0, "each waited for the one before"
        await server.more("well", 3)
        await until(lambda: _seen(probe).failures == server.count("stalls"))
    found = _seen(probe)
    assert found.first_failures[0].endswith(" s: no answer within 1 s")


async def test_a_restart_is_a_gap_as_long_as_it_took() -> None:
    server = Server()
    async with AsyncExitStack() as stack:
        async with server.up():
            probe = await stack.enter_async_context(_probe(server))
            await server.more("well", 3)
        down = time.monotonic()
        await until(lambda: _seen(probe).failures >= 10)
        took = time.monotonic() - down
        assert _seen(probe).longest_gap >= took * 0.9, "the outage goes on, and counts already"
        async with server.up():
            await server.more("well", 3)
            await until(
                lambda: _seen(probe).requests - _seen(probe).failures == server.count("well")
            )
            await probe.stop()
    found = _seen(probe)
    assert found.longest_gap >= took * 0.9
    assert found.first_failures[-1].endswith(REFUSED)


async def test_kept_and_new_connections_are_both_seen(server: Server) -> None:
    async with _probe(server) as probe:
        await server.more("well", 50)
    assert 50 / 5 <= server.connections <= 50 / 2
    assert _seen(probe).failures == 0


async def test_the_request_names_the_host_and_itself(server: Server) -> None:
    async with _probe(server):
        await server.more("well", 1)
    first = server.heads[0].decode().splitlines()
    assert first[0] == "GET /health HTTP/1.1"
    assert "host: dev.local" in [line.lower() for line in first]
    assert "user-agent: shipway-probe" in [line.lower() for line in first]


@pytest.mark.parametrize("mood", ["badly", "hangs up"])
async def test_a_route_that_does_not_answer_yet_is_left_alone(
    server: Server, mood: Literal["badly", "hangs up"]
) -> None:
    server.mood = mood
    async with _probe(server) as probe:
        await until(lambda: not server.open)
        assert asyncio.all_tasks() == {asyncio.current_task()}
    assert probe.result() == NotProbed("the route does not answer yet")
    assert server.did == {mood: 1}


async def test_a_route_that_is_not_there_is_not_probed() -> None:
    with listen() as nobody:
        port = nobody.getsockname()[1]
    async with Probe(f"http://127.0.0.1:{port}", local=True) as probe:
        pass
    assert str(probe.result()) == "not probed: the route does not answer yet"


async def test_it_ends_at_once_whatever_is_under_way_and_leaves_nothing(server: Server) -> None:
    async with _probe(server) as probe:
        await server.more("stalls", 10)
        begun = time.monotonic()
        await probe.stop()
        assert time.monotonic() - begun < 10, "it waited for answers"
        found = probe.result()
        await until(lambda: not server.open)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await probe.stop()
    assert probe.result() == found, "what it says changes no more"
    assert _seen(probe).failures == 0, "what was under way is not called failed"


async def test_a_cancelled_release_takes_its_probe_along(server: Server) -> None:
    async def release() -> None:
        async with _probe(server):
            await asyncio.Event().wait()

    task = asyncio.create_task(release())
    await server.more("well", 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not server.open)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_our_own_standstill_is_not_the_fault_of_the_route(server: Server) -> None:
    async with _probe(server, timeout=1.0) as probe:
        await server.more("stalls", 2)
        server.mood = "well"
        time.sleep(1.5)  # noqa: ASYNC251  # the whole process stands still
        await server.more("well", 5)
    assert _seen(probe).failures == 0


async def test_a_proxy_of_the_environment_is_for_routes_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    with listen() as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    async with Probe(url, local=True) as direct:
        pass
    async with Probe(url) as proxied:
        pass
    assert isinstance(direct.result(), NotProbed)
    assert isinstance(proxied.result(), Probed)
    assert server.heads[0].startswith(f"GET {url}/ HTTP/1.1".encode())
