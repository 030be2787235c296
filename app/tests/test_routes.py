from collections.abc import AsyncIterator

import httpx2
import pytest

from sample_app.service import Life, create_app
from sample_app.settings import Settings

DIGEST = f"sha256:{'ab' * 32}"


def client_of(settings: Settings, life: Life) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(create_app(settings, life))
    return httpx2.AsyncClient(transport=transport, base_url="http://sample-app")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(Settings(), Life()) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", {"message": "Hello from sample-app"}),
        ("/health", {"status": "ok"}),
        ("/health/live", {"status": "alive"}),
        ("/version", {"tag": None, "digest": None}),
    ],
)
async def test_a_route_answers(client: httpx2.AsyncClient, path: str, body: object) -> None:
    response = await client.get(path)

    assert (response.status_code, response.json()) == (200, body)


async def test_a_ready_service_says_for_how_long_it_has_been_up() -> None:
    life = Life()
    life.began -= 60

    async with client_of(Settings(), life) as client:
        response = await client.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "uptime": pytest.approx(60, abs=5)}


async def test_a_stopping_service_is_alive_but_not_ready() -> None:
    async with client_of(Settings(), Life(stopping=True)) as client:
        ready, live = await client.get("/health/ready"), await client.get("/health/live")

    assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
    assert (live.status_code, live.json()) == (200, {"status": "alive"})


async def test_the_version_is_what_the_service_was_started_as() -> None:
    async with client_of(Settings(tag="v1.2.0", digest=DIGEST), Life()) as client:
        response = await client.get("/version")

    assert response.json() == {"tag": "v1.2.0", "digest": DIGEST}


async def test_an_unknown_path_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/nowhere")).status_code == 404
