"""Credentials: asked for when the registry asks, renewed when it refuses, and told to nobody else."""

import asyncio
import base64
from dataclasses import dataclass, field

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.model.bundle import digest
from shipway.oci.artifact import Artifact, Blob
from shipway.oci.auth import Challenge, Credentials
from shipway.oci.errors import Unauthorized
from shipway.oci.registry import Registry
from tests.oci.conftest import HASTE, image, serve


def basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def denied(challenge: str) -> Response:
    errors = [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]
    return JSONResponse({"errors": errors}, 401, headers={"WWW-Authenticate": challenge})


@dataclass
class BasicGuard:
    app: ASGIApp
    password: str = "one"
    refused: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.headers.get("Authorization") == basic("AWS", self.password):
            await self.app(scope, receive, send)
        else:
            self.refused += 1
            await denied('Basic realm="registry",service="test"')(scope, receive, send)


@dataclass
class BearerGuard:
    """A registry and its token server in one, as the token authentication spec has them talk."""

    app: ASGIApp
    password: str = "one"
    life: int = 1_000_000  # requests per token
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.url.path == "/token":
            await self._token(request)(scope, receive, send)
            return
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        left = self.tokens.get(token, 0)
        wanted = self._scope(request)
        if left and wanted in token:
            self.tokens[token] = left - 1
            await self.app(scope, receive, send)
            return
        realm = f"http://{request.url.netloc}/token?account=x"
        challenge = f'Bearer realm="{realm}",service="test",scope="{wanted}"'
        await denied(challenge)(scope, receive, send)

    def _scope(self, request: Request) -> str:
        name = request.url.path.removeprefix("/v2/").partition("/blobs/")[0].partition("/man")[0]
        actions = "pull" if request.method in {"GET", "HEAD"} else "pull,push"
        mounted = request.query_params.get("from")
        return f"repository:{name}:{actions}" + (f" repository:{mounted}:pull" if mounted else "")

    def _token(self, request: Request) -> Response:
        if request.headers.get("Authorization") != basic("me", self.password):
            return denied("Basic")
        scopes = " ".join(request.query_params.getlist("scope"))
        assert request.query_params["service"] == "test"
        assert request.query_params["account"] == "x"
        self.asked.append(scopes)
        token = f"{len(self.tokens)} {scopes}"
        self.tokens[token] = self.life
        return JSONResponse({"token": token})


@dataclass
class Provider:
    """Hands out one password after the other, the last one forever."""

    username: str
    passwords: list[str]
    times: int = 0

    async def __call__(self) -> Credentials:
        password = self.passwords[min(self.times, len(self.passwords) - 1)]
        self.times += 1
        await asyncio.sleep(0)
        return Credentials(self.username, password)


async def test_basic_credentials_are_asked_for_once(app: ASGIApp) -> None:
    provider, guard = Provider("AWS", ["one"]), BasicGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        await registry.tag("team/app", image("one").digest, "v1")
        assert await registry.digest_of("team/app", "v1") == image("one").digest
    assert provider.times == 1


async def test_basic_credentials_are_renewed_when_they_expire(app: ASGIApp) -> None:
    provider, guard = Provider("AWS", ["one", "two"]), BasicGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        guard.password = "two"
        await registry.upload("team/app", image("two"))
    assert provider.times == 2


async def test_many_requests_at_once_renew_only_once(app: ASGIApp) -> None:
    provider, guard = Provider("AWS", ["one", "two"]), BasicGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await asyncio.gather(*(registry.has_blob("a/b", digest(b"x")) for _ in range(8)))
        guard.password = "two"
        await asyncio.gather(*(registry.has_blob("a/b", digest(b"x")) for _ in range(8)))
    assert provider.times == 2


async def test_wrong_credentials_end_it(app: ASGIApp) -> None:
    provider, guard = Provider("AWS", ["wrong"]), BasicGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        with pytest.raises(Unauthorized) as caught:
            await registry.manifest("team/app", "v1")
    assert caught.value.problem == (
        f"{address.host} does not allow GET /v2/team/app/manifests/v1 (401): authentication required"
    )
    assert guard.refused == 2


async def test_no_credentials_end_it(app: ASGIApp) -> None:
    async with (
        serve(BasicGuard(app)) as address,
        Registry(address, patience=HASTE) as registry,
    ):
        with pytest.raises(Unauthorized):
            await registry.upload("team/app", image("one"))


async def test_a_bearer_token_per_scope(app: ASGIApp) -> None:
    provider, guard = Provider("me", ["one"]), BearerGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        await registry.tag("team/app", image("one").digest, "v1")
        assert await registry.blob("team/app", digest(b"one")) == b"one"
    assert sorted(guard.asked) == ["repository:team/app:pull", "repository:team/app:pull,push"]
    assert provider.times == 1


async def test_a_bearer_token_is_renewed_in_the_middle_of_an_upload(app: ASGIApp) -> None:
    provider, guard = Provider("me", ["one"]), BearerGuard(app, life=1)
    artifact = Artifact(Blob.of("text/plain", b"one"), ())
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await registry.upload("team/app", artifact)
        assert await registry.blob("team/app", digest(b"one")) == b"one"
    pull, push = "repository:team/app:pull", "repository:team/app:pull,push"
    head, post, put, head_manifest, put_manifest, get = pull, push, push, pull, push, pull
    assert guard.asked == [head, post, put, head_manifest, put_manifest, get]


async def test_expired_credentials_are_renewed_at_the_token_server(app: ASGIApp) -> None:
    provider, guard = Provider("me", ["old", "one"]), BearerGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
    assert provider.times == 2


async def test_a_token_server_that_refuses(app: ASGIApp) -> None:
    provider, guard = Provider("me", ["wrong"]), BearerGuard(app)
    async with serve(guard) as address, Registry(address, provider, patience=HASTE) as registry:
        with pytest.raises(Unauthorized) as caught:
            await registry.manifest("team/app", "v1")
    assert caught.value.problem == (
        f"{address.host} does not allow repository:team/app:pull (401): 127.0.0.1 gave no token"
    )


async def test_redirected_blobs_are_fetched_without_credentials(app: ASGIApp) -> None:
    met: list[str | None] = []

    async def storage(scope: Scope, receive: Receive, send: Send) -> None:
        met.append(Request(scope).headers.get("Authorization"))
        await Response(b"layer")(scope, receive, send)

    async with serve(storage) as elsewhere:

        async def redirecting(scope: Scope, receive: Receive, send: Send) -> None:
            await RedirectResponse(f"{elsewhere.url}/object", 307)(scope, receive, send)

        guard = BasicGuard(redirecting)
        provider = Provider("AWS", ["one"])
        async with serve(guard) as address, Registry(address, provider) as registry:
            assert await registry.blob("team/app", digest(b"layer")) == b"layer"
    assert met == [None]


async def test_a_challenge_of_another_host_is_not_met(app: ASGIApp) -> None:
    """Who redirects us must not have our password."""
    foreign = BasicGuard(app)
    async with serve(foreign) as elsewhere:

        async def redirecting(scope: Scope, receive: Receive, send: Send) -> None:
            await RedirectResponse(f"{elsewhere.url}/object", 307)(scope, receive, send)

        provider = Provider("AWS", ["one"])
        async with serve(redirecting) as address, Registry(address, provider) as registry:
            with pytest.raises(Unauthorized):
                await registry.blob("team/app", digest(b"layer"))
    assert (provider.times, foreign.refused) == (0, 1)


def test_credentials_hide_their_password() -> None:
    assert repr(Credentials("AWS", "secret")) == "Credentials(username='AWS')"


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ("", None),
        ("Negotiate", None),
        ('Basic realm="x"', Challenge("basic", {"realm": "x"})),
        ("basic realm=x", Challenge("basic", {"realm": "x"})),
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
            Challenge(
                "bearer",
                {"realm": "https://a/t", "service": "s", "scope": "repository:a/b:pull,push"},
            ),
        ),
        (
            'Basic realm="x", Bearer realm="https://a/t"',
            Challenge("bearer", {"realm": "https://a/t"}),
        ),
    ],
)
def test_challenges_are_read(header: str, challenge: Challenge | None) -> None:
    assert Challenge.parse(header) == challenge
