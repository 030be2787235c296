import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from drydock.api.auth import Guard
from drydock.faults.control import PATH, Control
from drydock.faults.roster import Faults

TOKEN = "s3cret"
DROP = {"fault": {"on": "api", "drop": True}, "seed": 7, "count": 2}
ENTRY = {
    "id": "f1",
    "fault": "api --drop",
    "active": True,
    "seed": 7,
    "rate": 1.0,
    "struck": 0,
    "left": 2,
    "seconds_left": None,
}


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    cluster: ASGIApp = PlainTextResponse("the cluster")
    app = Control(cluster, Faults(), Guard(TOKEN, {"127.0.0.1"}))
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers=headers
    ) as client:
        yield client


async def test_faults_are_added_listed_and_cleared(client: httpx2.AsyncClient) -> None:
    async def said(method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        answer = await client.request(method, PATH + path, json=body)
        return answer.status_code, answer.json()

    assert await said("POST", body=DROP) == (201, ENTRY)
    assert await said("GET") == (200, {"faults": [ENTRY]})
    assert await said("DELETE", "/f2") == (200, {"faults": []})
    assert await said("DELETE", "/f1") == (200, {"faults": [ENTRY]})
    assert await said("GET") == (200, {"faults": []})


async def test_everything_else_is_the_clusters(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/pods", "/drydock", "/drydock/faultsome"):
        assert (await client.get(path)).text == "the cluster"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
async def test_strangers_may_not_break_things(
    client: httpx2.AsyncClient, headers: dict[str, str], code: int
) -> None:
    assert (await client.post(PATH, json=DROP, headers=headers)).status_code == code
    assert (await client.get(PATH)).json() == {"faults": []}


async def test_what_is_no_fault_is_refused(client: httpx2.AsyncClient) -> None:
    answers = [
        await client.post(PATH, content=b"{"),
        await client.post(PATH, content=b"[" * 70_000),
        await client.put(PATH, json=DROP),
        await client.post(f"{PATH}/f1", json=DROP),
    ]
    assert [answer.status_code for answer in answers] == [422, 413, 405, 405]
    assert json.loads(answers[0].content).keys() == {"problem", "remedy"}
