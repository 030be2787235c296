import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from drydock.node.probes import Probe, Tally, check, get, observe, port

CONTAINER = {"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        ("+", [True]),
        ("---", [None, None, False]),
        ("--+---", [None, None, True, None, None, False]),
        ("----", [None, None, False, False]),
    ],
)
def test_answers_in_a_row_decide(answers: str, verdicts: list[bool | None]) -> None:
    tally = Tally(success_threshold=1, failure_threshold=3)
    assert [tally.count(success=answer == "+") for answer in answers] == verdicts


def test_defaults_are_kubernetes() -> None:
    handler = {"httpGet": {"path": "/", "port": 80}}
    assert Probe.of({"readinessProbe": handler}, "readiness") == Probe(
        "readiness", handler, 0, 10, 1, 1, 3
    )
    assert Probe.of({}, "liveness") is None


def test_ports_have_numbers_and_names() -> None:
    assert [port(80, CONTAINER), port("80", CONTAINER), port("http", CONTAINER)] == [80, 80, 8080]
    with pytest.raises(ValueError, match="couldn't find port: grpc"):
        port("grpc", CONTAINER)


class Asked:
    """Answers from a script, and what the observer made of them."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []
        self.decided: list[bool] = []
        self.failures: list[str] = []

    async def __call__(self) -> str | None:
        self.asked.append(asyncio.get_running_loop().time())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def observe(self, probe: Probe, until: Callable[[], bool]) -> None:
        watching = asyncio.create_task(
            observe(probe, self, self.decided.append, self.failures.append)
        )
        async with asyncio.timeout(45):
            while not (until() or watching.done()):  # noqa: ASYNC110  # what is waited for rings no bell
                await asyncio.sleep(0.001)
        watching.cancel()
        await asyncio.wait([watching])


async def test_until_the_first_success_a_probe_is_quick_and_its_failures_do_not_count() -> None:
    asked = Asked("no", "no", "no", "no", None)
    await asked.observe(
        Probe("readiness", {}, period=60, failure_threshold=1),
        lambda: bool(asked.decided),
    )
    assert (asked.decided, asked.failures, len(asked.asked)) == ([True], [], 5)


async def test_quick_failures_count_once_per_period() -> None:
    asked = Asked("no")
    await asked.observe(
        Probe("startup", {}, period=0.3, failure_threshold=2), lambda: bool(asked.decided)
    )
    assert (asked.decided, asked.failures) == ([False], ["no", "no"])
    assert asked.asked[-1] - asked.asked[0] > 0.5


async def test_a_ready_container_that_fails_often_enough_is_unready() -> None:
    asked = Asked(None, "no", "no", None)
    await asked.observe(
        Probe("readiness", {}, period=0.05, failure_threshold=2), lambda: len(asked.decided) >= 3
    )
    assert asked.decided[:3] == [True, False, True]
    assert asked.failures == ["no", "no"]


async def test_liveness_has_no_quick_phase() -> None:
    asked = Asked("no")
    start = asyncio.get_running_loop().time()
    await asked.observe(
        Probe("liveness", {}, initial_delay=0.1, period=60),
        lambda: asyncio.get_running_loop().time() - start > 0.5 and bool(asked.failures),
    )
    assert (asked.failures, len(asked.asked)) == (["no"], 1)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listening(answer: bytes | None) -> tuple[asyncio.Server, int]:
    """A server that reads a head and says `answer`; with None it says nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    heads.clear()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


heads: list[bytes] = []


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[bytes | None], Awaitable[int]]]:
    servers: list[asyncio.Server] = []

    async def start(answer: bytes | None) -> int:
        server, number = await listening(answer)
        servers.append(server)
        return number

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
        (b"HTTP/1.1 302 Found\r\n\r\n", None),
        (b"HTTP/1.1 503 No\r\n\r\n", "HTTP probe failed with statuscode: 503"),
        (b"", 'Get "http://127.0.0.1:{}/healthz": EOF'),
        (
            None,
            'Get "http://127.0.0.1:{}/healthz": context deadline exceeded '
            "(Client.Timeout exceeded while awaiting headers)",
        ),
        (
            b"SSH-2.0\r\n",
            'Get "http://127.0.0.1:{}/healthz": net/http: HTTP/1.x transport connection broken: '
            'malformed HTTP response "SSH-2.0"',
        ),
    ],
)
async def test_http_answers_are_judged_as_the_kubelet_judges_them(
    serve: Callable[[bytes | None], Awaitable[int]], answer: bytes | None, said: str | None
) -> None:
    number = await serve(answer)
    http = {"path": "/healthz", "port": number, "httpHeaders": [{"name": "Host", "value": "web"}]}
    expected = said and said.format(number)
    assert await get(http, CONTAINER, "127.0.0.1", None, 0.2) == expected
    head = heads[0].decode().lower()
    assert head.startswith("get /healthz http/1.1\r\nhost: web\r\nuser-agent: kube-probe/")


async def test_a_closed_port_is_refused_in_gos_words() -> None:
    async def nothing(_command: Any, _patience: float) -> str | None:
        return None

    http = Probe("readiness", {"httpGet": {"path": "x", "port": 1}})
    tcp = Probe("readiness", {"tcpSocket": {"port": 1}})
    refused = "dial tcp 127.0.0.1:1: connect: connection refused"
    assert await check(http, CONTAINER, "127.0.0.1", None, nothing)() == (
        f'Get "http://127.0.0.1:1/x": {refused}'
    )
    assert await check(tcp, CONTAINER, "127.0.0.1", None, nothing)() == refused
