"""On both event loops: tests run on asyncio's own, the daemon runs on uvloop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop

from drydock.node.network.dial import Streams
from drydock.node.network.relay import relay, reset

Use = Callable[[Streams, Streams, "asyncio.Task[None]"], Awaitable[None]]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    def run(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(main, 30))

    return run


Run = Callable[[Coroutine[Any, Any, None]], None]


async def relayed(use: Use) -> None:
    """`use` gets the caller's end, the server's end, and the relay between them."""
    (near, caller), (far, server) = pair(), pair()
    relaying = asyncio.create_task(relay(near, far))
    ends = [await asyncio.open_connection(sock=end) for end in (caller, server)]
    try:
        await use(ends[0], ends[1], relaying)
    finally:
        relaying.cancel()
        await asyncio.wait([relaying])
        for _, writer in ends:
            writer.transport.abort()
        await asyncio.sleep(0)


def pair() -> tuple[socket.socket, socket.socket]:
    """Of real TCP: what ends how is its business."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    one.setblocking(False)
    other.setblocking(False)
    return one, other


def test_what_is_said_passes_both_ways_whoever_begins(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        server[1].write(b"220 ready\n")
        assert await caller[0].readline() == b"220 ready\n"
        caller[1].write(b"EHLO\n")
        assert await server[0].readline() == b"EHLO\n"

    run(relayed(use))


def test_who_has_said_all_may_still_listen(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        caller[1].write(b"all of it")
        caller[1].write_eof()
        assert await server[0].read() == b"all of it"
        server[1].write(b"answer")
        server[1].close()
        assert await caller[0].read() == b"answer"
        await relaying

    run(relayed(use))


def test_an_idle_connection_that_the_server_closes_is_closed_in_order(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        caller[1].write(b"request")
        assert await server[0].readexactly(7) == b"request"
        server[1].write(b"answer")
        server[1].close()
        assert await caller[0].read() == b"answer"
        caller[1].close()
        await relaying

    run(relayed(use))


def test_a_reset_is_passed_on(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        caller[1].write(b"request")
        assert await server[0].readexactly(7) == b"request"
        connection = server[1].get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        server[1].transport.abort()
        with pytest.raises(ConnectionResetError):
            await caller[0].read()
        await relaying

    run(relayed(use))


def test_who_does_not_listen_is_not_sent_everything(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        content = bytes(range(256)) * 400_000  # 100 MB: more than all buffers on the way
        sending = asyncio.create_task(send(caller[1], content))
        received = await server[0].readexactly(1000)
        _, unfinished = await asyncio.wait([sending], timeout=0.3)
        assert unfinished
        received += await server[0].read()
        await sending
        assert received == content

    async def send(writer: asyncio.StreamWriter, content: bytes) -> None:
        for start in range(0, len(content), 1_000_000):
            writer.write(content[start : start + 1_000_000])
            await writer.drain()
        writer.write_eof()

    run(relayed(use))


def test_a_cancelled_relay_lets_go_of_both(run: Run) -> None:
    async def use(caller: Streams, server: Streams, relaying: asyncio.Task[None]) -> None:
        caller[1].write(b"request")
        assert await server[0].readexactly(7) == b"request"
        relaying.cancel()
        for reader, _ in (caller, server):
            with pytest.raises(ConnectionResetError):
                await reader.read()

    run(relayed(use))


def test_who_is_refused_knows_at_once() -> None:
    one, other = pair()
    reset(other)
    one.setblocking(True)
    with one, pytest.raises(ConnectionResetError):
        one.recv(1)
