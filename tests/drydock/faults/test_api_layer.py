import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from drydock.faults.api_layer import ApiFaults, call_of
from drydock.faults.kinds import Api, Order, Watch
from drydock.faults.roster import Faults
from drydock.faults.rules import ApiCall
from tests.drydock.faults.conftest import serving

PODS = "/api/v1/namespaces/dev/pods"
WATCH = f"{PODS}?watch=1"


async def cluster(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, or is a watch that says one line and goes on for ever."""

    async def lines() -> AsyncIterator[bytes]:
        yield b'{"type":"ADDED"}\n'
        await asyncio.Event().wait()

    watch = b"watch" in scope["query_string"]
    response = StreamingResponse(lines()) if watch else JSONResponse({"kind": "PodList"})
    await response(scope, receive, send)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def client(faults: Faults) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(ApiFaults(cluster, faults)) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("GET", PODS, ApiCall("list", "pods", "dev", "", "me/1")),
        ("GET", f"{PODS}/web", ApiCall("get", "pods", "dev", "web", "me/1")),
        ("GET", f"{PODS}/web/log", ApiCall("get", "pods", "dev", "web", "me/1")),
        ("GET", "/api/v1/pods?watch=true", ApiCall("watch", "pods", "", "", "me/1")),
        ("GET", "/api/v1/nodes?watch=0", ApiCall("list", "nodes", "", "", "me/1")),
        ("POST", PODS, ApiCall("create", "pods", "dev", "", "me/1")),
        ("PUT", f"{PODS}/web/status", ApiCall("update", "pods", "dev", "web", "me/1")),
        ("PATCH", f"{PODS}/web", ApiCall("patch", "pods", "dev", "web", "me/1")),
        ("DELETE", f"{PODS}/web", ApiCall("delete", "pods", "dev", "web", "me/1")),
        ("DELETE", PODS, ApiCall("deletecollection", "pods", "dev", "", "me/1")),
        ("GET", "/version", ApiCall("get", user_agent="me/1")),
    ],
)
def test_what_a_request_is_about(method: str, target: str, call: ApiCall) -> None:
    path, _, query = target.partition("?")
    scope = {
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"user-agent", b"me/1")],
    }
    assert call_of(scope) == call


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (410, "Expired", "The provided resourceVersion is too old (drydock fault f1)"),
        (429, "TooManyRequests", "Too many requests, please try again later. (drydock fault f1)"),
        (500, "InternalError", "Internal error occurred: drydock fault f1"),
        (
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request (drydock fault f1)",
        ),
        (
            504,
            "Timeout",
            "Timeout: request did not complete within the allotted timeout (drydock fault f1)",
        ),
    ],
)
async def test_errors_are_what_an_api_server_says(
    client: httpx2.AsyncClient, faults: Faults, code: int, reason: str, message: str
) -> None:
    faults.add(Order(Api(answer=code)))  # type: ignore[arg-type]  # one of its codes
    answer = await client.get(PODS)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (code, code)
    assert (body["kind"], body["reason"], body["message"]) == ("Status", reason, message)
    assert answer.headers.get("retry-after") == ("1" if code == 429 else None)


async def test_when_to_come_again_is_in_the_header_and_in_the_status(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Api(answer=503, retry_after=3)))
    answer = await client.get(PODS)
    assert answer.headers["retry-after"] == "3"
    assert answer.json()["details"] == {"retryAfterSeconds": 3}


async def test_after_its_count_requests_go_through_again(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Api(answer=500, kind=("pods",)), count=2))
    paths = (PODS, "/api/v1/nodes", PODS, PODS)
    assert [(await client.get(path)).status_code for path in paths] == [500, 200, 500, 200]


async def test_a_delay_comes_before_the_answer(client: httpx2.AsyncClient, faults: Faults) -> None:
    faults.add(Order(Api(delay=0.3)))
    faults.add(Order(Api(answer=503)))
    before = time.monotonic()
    assert (await client.get(PODS)).status_code == 503
    assert time.monotonic() - before >= 0.3


async def test_a_dropped_request_gets_no_answer_and_the_server_goes_on(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Api(drop=True), count=1))
    with pytest.raises(httpx2.TransportError):
        await client.post(PODS, json={})
    assert (await client.get(PODS)).json() == {"kind": "PodList"}


async def test_a_watch_that_is_open_already_is_dropped(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    async with client.stream("GET", WATCH) as watch:
        lines = watch.aiter_lines()
        assert await anext(lines) == '{"type":"ADDED"}'
        faults.add(Order(Watch(drop=True, every=0.1)))
        with pytest.raises(httpx2.TransportError):
            await anext(lines)
    (entry,) = faults.entries()
    assert entry.struck == 1


async def test_an_expired_watch_ends_with_the_error_that_makes_clients_list_again(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Watch(expire=True, every=0.2), count=1))
    answer = await client.get(WATCH)
    first, last = map(json.loads, answer.text.splitlines())
    assert first == {"type": "ADDED"}
    assert last == {
        "type": "ERROR",
        "object": {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "too old resource version (drydock fault f1)",
            "reason": "Expired",
            "code": 410,
        },
    }


async def test_a_watch_that_is_spared_goes_on_and_can_be_left(
    client: httpx2.AsyncClient, faults: Faults
) -> None:
    faults.add(Order(Watch(drop=True, every=0.1, namespace="prod")))
    async with client.stream("GET", WATCH) as watch:
        lines = watch.aiter_lines()
        await anext(lines)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(lines)
    assert [entry.struck for entry in faults.entries()] == [0]
