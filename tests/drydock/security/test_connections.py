"""Slow, greedy and broken clients, over real sockets."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send

from drydock.connections import Bounded
from drydock.pki import Identity
from tests.drydock.security.conftest import PATIENCE, Server, head, served


class Impatient(Bounded):
    HEAD_SECONDS = 0.3
    BODY_SECONDS = 1.0


class Full(Bounded):
    CONNECTIONS = 3


async def app(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the number of bytes that it was sent."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    length = str(len(str(size))).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
    )
    await send({"type": "http.response.body", "body": str(size).encode()})


@pytest.fixture
async def impatient() -> AsyncIterator[Server]:
    async with served(app, protocol=Impatient) as server:
        yield server


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n",
        b"GET / HTT",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-One: 1\r\n",
    ],
)
async def test_who_never_finishes_a_head_is_sent_away(impatient: Server, said: bytes) -> None:
    answer = await impatient.say(said)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"no whole request head came in time")


async def test_who_says_nothing_is_sent_away_without_a_word() -> None:
    async with served(app, keep_alive=1) as server:
        assert await server.say(b"") == b""


async def test_a_trickle_of_headers_gains_no_time(impatient: Server) -> None:
    async with impatient.connection() as (reader, writer), asyncio.timeout(PATIENCE):
        answer = asyncio.create_task(reader.readuntil(b"in time"))
        writer.write(b"GET / HTTP/1.1\r\n")
        while not answer.done():
            writer.write(b"X-One: 1\r\n")
            await asyncio.wait([answer], timeout=0.02)
        assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_who_stops_in_a_body_is_sent_away(impatient: Server) -> None:
    answer = await impatient.say(head("PUT", "/", "Content-Length: 10"), b"12345")
    assert answer.endswith(b"no whole request body came in time")


async def test_a_body_may_take_long_while_it_comes(impatient: Server) -> None:
    async with impatient.connection() as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(head("PUT", "/", "Content-Length: 5"))
        for _ in range(5):
            writer.write(b"x")
            await asyncio.sleep(0.25)  # all together longer than a stall may last
        assert (await reader.read()).endswith(b"\r\n\r\n5")


async def test_who_waits_for_a_slow_answer_is_left_alone() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.2)  # longer than we wait for a client
        await app(scope, receive, send)

    async with served(slow, protocol=Impatient) as server:
        body = b"x" * 4_000_000  # more than is taken before somebody reads it
        answers = await asyncio.gather(
            server.say(head("GET", "/")),
            server.say(head("PUT", "/", f"Content-Length: {len(body)}"), body),
        )
        assert [answer.rpartition(b"\r\n")[2] for answer in answers] == [b"0", b"4000000"]


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\nX: " + b"x" * 80_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 16_000],
    ids=["one header", "many headers"],
)
async def test_a_head_has_a_largest_size(said: bytes) -> None:
    async with served(app) as server:
        assert (await server.say(said)).startswith(b"HTTP/1.1 431 ")
        assert (await server.say(b"GET /" + b"x" * 80_000)).startswith(b"HTTP/1.1 431 ")


async def test_a_large_body_is_no_large_head() -> None:
    async with served(app) as server:
        body = b"x" * 1_000_000
        answer = await server.say(head("PUT", "/", f"Content-Length: {len(body)}"), body)
        assert answer.endswith(b"1000000")


async def test_one_more_client_than_there_may_be_is_told_so() -> None:
    async with served(app, protocol=Full) as server, asyncio.timeout(PATIENCE):
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
        for reader, writer in idle:
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n0")
        assert (await server.say(b"")).startswith(b"HTTP/1.1 503 ")
        idle[0][1].close()
        await idle[0][1].wait_closed()
        while await server.status(head("GET", "/")) != 200:  # noqa: ASYNC110  # over HTTP
            await asyncio.sleep(0.01)
        for _, writer in idle:
            writer.close()


async def test_requests_in_one_go_are_answered_in_order() -> None:
    async with served(app) as server:
        first = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        second = head("PUT", "/", "Content-Length: 1") + b"x"
        answers = (await server.say(first + second)).split(b"HTTP/1.1 200 OK")
        assert [answer[-1:] for answer in answers] == [b"", b"3", b"1"]


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http_ends_the_connection_and_nothing_else(
    said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(app) as server:
        assert (await server.say(said)).startswith((b"HTTP/1.1 400 ", b""))
        assert await server.status(head("GET", "/")) == 200
    assert [record for record in caplog.records if record.exc_info] == []


async def test_plain_http_gets_nothing_from_the_tls_port(
    tls: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(app, tls) as server:
        assert b"200" not in await Server(server.port).say(head("GET", "/"))
        assert await server.status(head("GET", "/")) == 200
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # that they are old is the point
async def test_old_versions_of_tls_are_refused(tls: Identity, newest: ssl.TLSVersion) -> None:
    async with served(app, tls) as server:
        context = ssl.create_default_context(cadata=tls.authority)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await Server(server.port, context).status(head("GET", "/")) == 200
        context.maximum_version = newest
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await Server(server.port, context).say(head("GET", "/"))


async def test_the_certificate_is_for_this_machine_alone(tls: Identity) -> None:
    async with served(app, tls) as server:
        context = ssl.create_default_context(cadata=tls.authority)
        for name in ("127.0.0.1", "localhost"):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", server.port, ssl=context, server_hostname=name
            )
            names = writer.get_extra_info("peercert")["subjectAltName"]
            writer.close()
            assert {value for _, value in names} >= {"127.0.0.1", "localhost"}
            assert all("*" not in value for _, value in names)
        with pytest.raises(ssl.SSLCertVerificationError, match=r"evil\.example"):
            await asyncio.open_connection(
                "127.0.0.1", server.port, ssl=context, server_hostname="evil.example"
            )


async def test_only_loopback_is_listened_on() -> None:
    from drydock import ports  # noqa: PLC0415

    listener = ports.listen("registry", None, None)
    with listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.family == socket.AF_INET
