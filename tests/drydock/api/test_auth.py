import httpx2
import pytest
from starlette.types import ASGIApp

from drydock.api.auth import Guard
from drydock.api.status import Refused

GUARD = Guard("s3cret", frozenset(("127.0.0.1", "localhost", "::1")))
GOOD = {"host": "127.0.0.1:6443", "authorization": "Bearer s3cret"}


@pytest.mark.parametrize("host", ["127.0.0.1:6443", "127.0.0.1", "localhost:1", "[::1]:6443"])
def test_the_token_through_our_own_names_is_let_in(host: str) -> None:
    GUARD.check({**GOOD, "host": host})


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "Bearer é"],
)
def test_without_the_token_nobody_is_let_in(authorization: str) -> None:
    with pytest.raises(Refused) as refused:
        GUARD.check({**GOOD, "authorization": authorization})
    assert refused.value.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    }


@pytest.mark.parametrize(
    "foreign",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:6443"},
        {"host": ""},
        {"host": "localhost@evil.example"},
        {"host": "evil@localhost"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:6443"},
        {"origin": "https://localhost:3000"},
        {"origin": "https://localhost"},
    ],
)
def test_a_web_page_that_rebinds_its_name_is_kept_out(foreign: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        GUARD.check({**GOOD, **foreign})
    assert (refused.value.code, refused.value.body["reason"]) == (403, "Forbidden")


def test_a_page_of_our_own_origin_may_come() -> None:
    GUARD.check({**GOOD, "origin": "https://localhost:6443"})


def test_the_token_is_not_shown() -> None:
    assert "s3cret" not in repr(GUARD)


@pytest.mark.parametrize(
    "path", ["/api/v1/pods", "/version", "/healthz", "/openapi/v3", "/nowhere"]
)
async def test_every_path_is_guarded(app: ASGIApp, path: str) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        assert (await client.get(path)).status_code == 401
