"""A registry that is slow, moody, elsewhere, or killed."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.model.bundle import digest
from shipway.oci.artifact import Artifact, Blob, Descriptor
from shipway.oci.errors import (
    NoRepository,
    RegistryRefused,
    RegistryUnreachable,
    TagTaken,
    WrongContent,
)
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from shipway.oci.retry import Patience
from tests.oci.conftest import HASTE, image, serve, start


@dataclass
class Moody:
    """Answers the first `bad` requests that `matches` accepts itself, and passes everything else on."""

    app: ASGIApp
    answer: Response
    matches: Callable[[Request], bool]
    bad: int
    met: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if self.matches(request):
            self.met.append(f"{request.method} {request.url.path}")
            if len(self.met) <= self.bad:
                await self.answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def is_manifest(request: Request) -> bool:
    return "/manifests/" in request.url.path


def refusal(status: int, code: str, **headers: str) -> Response:
    errors = [{"code": code, "message": "because", "detail": None}]
    return JSONResponse({"errors": errors}, status, headers=headers)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_passing_trouble_is_waited_out(app: ASGIApp, status: int) -> None:
    moody = Moody(app, refusal(status, "TOOMANYREQUESTS"), is_manifest, bad=3)
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        assert (await registry.manifest("team/app", image("one").digest)).raw


async def test_trouble_in_an_upload_begins_it_anew_and_counts_right(app: ASGIApp) -> None:
    moody = Moody(app, refusal(503, "UNKNOWN"), lambda it: it.method == "PUT", bad=2)
    heard: list[tuple[int, int]] = []
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"), on_progress=lambda *it: heard.append(it))
        assert await registry.blob("team/app", digest(b"one")) == b"one"
    assert heard[-1] == (5, 5)


async def test_an_upload_that_the_registry_forgot_is_begun_anew(app: ASGIApp) -> None:
    forgot = refusal(404, "BLOB_UPLOAD_UNKNOWN")
    moody = Moody(app, forgot, lambda it: "digest" in it.query_params, bad=1)
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        assert await registry.blob("team/app", digest(b"one")) == b"one"


async def test_lasting_trouble_ends_after_a_few_attempts(app: ASGIApp) -> None:
    moody = Moody(app, refusal(503, "UNAVAILABLE"), is_manifest, bad=99)
    patience = Patience(attempts=3, first=0.001)
    async with serve(moody) as address, Registry(address, patience=patience) as registry:
        with pytest.raises(RegistryRefused) as caught:
            await registry.manifest("team/app", "v1")
    assert len(moody.met) == 3
    assert caught.value.problem == (
        "GET /v2/team/app/manifests/v1: the registry answered 503 UNAVAILABLE because"
    )


async def test_a_clear_no_is_not_asked_again(app: ASGIApp) -> None:
    moody = Moody(app, refusal(400, "UNSUPPORTED"), is_manifest, bad=99)
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        with pytest.raises(RegistryRefused):
            await registry.manifest("team/app", "v1")
    assert len(moody.met) == 1


def test_waits_double_and_honour_the_registry_up_to_a_bound() -> None:
    patience = Patience(first=0.5, longest=5.0)
    assert [patience.wait(attempt, None) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 4.0, 5.0]
    assert (patience.wait(1, 3.0), patience.wait(1, 60.0)) == (3.0, 5.0)


async def test_retry_after_is_read(app: ASGIApp) -> None:
    answer = refusal(429, "TOOMANYREQUESTS", **{"Retry-After": "7"})
    moody = Moody(app, answer, is_manifest, bad=99)
    once = Patience(attempts=1)
    async with serve(moody) as address, Registry(address, patience=once) as registry:
        with pytest.raises(RegistryRefused) as caught:
            await registry.manifest("team/app", "v1")
    assert caught.value.retry_after == 7.0


async def test_nobody_there() -> None:
    with socket.socket() as held:  # bound and not listened on: nobody else gets it
        held.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{held.getsockname()[1]}"
        async with Registry(Address(host, plain_http=True), patience=HASTE) as registry:
            with pytest.raises(RegistryUnreachable) as caught:
                await registry.upload("team/app", image("one"))
    url = f"http://{host}"
    assert caught.value.problem == (
        f"the registry {url} does not answer: All connection attempts failed"
    )
    assert caught.value.remedy == f"curl -v {url}/v2/"


async def test_something_that_is_no_registry() -> None:
    async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
        await PlainTextResponse("<html>sign in</html>")(_scope, _receive, send)

    async with serve(hello) as address, Registry(address, patience=HASTE) as registry:
        with pytest.raises(RegistryRefused) as caught:
            await registry.tags("team/app")
    assert caught.value.problem == (
        "GET /v2/team/app/tags/list: the registry answered 200 not a JSON object"
    )


async def test_a_repository_that_nobody_made(app: ASGIApp) -> None:
    moody = Moody(app, refusal(404, "NAME_UNKNOWN"), lambda it: it.method == "POST", bad=99)
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        with pytest.raises(NoRepository) as caught:
            await registry.upload("team/app", image("one"))
    assert caught.value.problem == f"{address.host} has no repository team/app"


@pytest.mark.parametrize(("status", "code"), [(409, "DENIED"), (400, "TAG_INVALID"), (412, "")])
async def test_a_registry_that_refuses_to_move_a_tag(app: ASGIApp, status: int, code: str) -> None:
    """In each registry's own words; `latest` is asked of it, since only it can know."""
    moody = Moody(
        app,
        refusal(status, code),
        lambda it: it.url.path.endswith("/latest") and it.method == "PUT",
        bad=99,
    )
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        with pytest.raises(TagTaken) as caught:
            await registry.tag("team/app", image("one").digest, "latest")
    assert caught.value.existing is None


async def test_a_manifest_that_is_not_its_digest(app: ASGIApp) -> None:
    moody = Moody(app, JSONResponse({"schemaVersion": 2}), is_manifest, bad=99)
    async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
        with pytest.raises(WrongContent):
            await registry.manifest("team/app", digest(b"x"))


async def test_tags_of_many_pages_are_all_read(app: ASGIApp) -> None:
    async def in_pages(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("/tags/list") and not scope["query_string"]:
            scope = {**scope, "query_string": b"n=2"}
        await app(scope, receive, send)

    async with serve(in_pages) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", image("one"))
        for tag in "abcde":
            await registry.tag("team/app", image("one").digest, tag)
        assert await registry.tags("team/app") == list("abcde")


async def test_a_location_keeps_its_query_and_may_be_absolute() -> None:
    met: list[tuple[str, bytes]] = []

    async def absent(_request: Request) -> Response:
        return Response(status_code=404)

    async def begin(request: Request) -> Response:
        where = f"http://{request.url.netloc}/elsewhere/session?_state=a%2Bb%3D%3D&x=1+2"
        return Response(status_code=202, headers={"Location": where})

    async def finish(request: Request) -> Response:
        met.append((request.scope["query_string"].decode(), await request.body()))
        return Response(status_code=201)

    async def stored(_request: Request) -> Response:
        return Response(status_code=201)

    app = Starlette(
        routes=[
            Route("/v2/team/app/blobs/uploads/", begin, methods=["POST"]),
            Route("/v2/team/app/blobs/{digest}", absent, methods=["HEAD"]),
            Route("/v2/team/app/manifests/{digest}", absent, methods=["HEAD"]),
            Route("/v2/team/app/manifests/{digest}", stored, methods=["PUT"]),
            Route("/elsewhere/session", finish, methods=["PUT"]),
        ]
    )
    blob = Blob.of("text/plain", b"{}")
    async with serve(app) as address, Registry(address, patience=HASTE) as registry:
        await registry.upload("team/app", Artifact(blob, ()))
    query = f"_state=a%2Bb%3D%3D&x=1+2&digest={blob.descriptor.digest}"
    assert met == [(query, b"{}")]


async def test_a_blob_may_be_redirected_to_another_host(app: ASGIApp) -> None:
    content = b"from the storage host"

    async def storage(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(content)(scope, receive, send)

    async with serve(storage) as elsewhere:
        there = RedirectResponse(f"{elsewhere.url}/bucket/object?signature=x", 307)
        moody = Moody(app, there, lambda it: "/blobs/" in it.url.path, bad=99)
        async with serve(moody) as address, Registry(address, patience=HASTE) as registry:
            assert await registry.blob("team/app", digest(content)) == content


async def test_an_upload_survives_the_kill_and_restart_of_the_registry(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096 * 24
    layer_path = tmp_path / "layer"
    layer_path.write_bytes(content)
    layer = Blob(Descriptor("application/x-tar", digest(content), len(content)), layer_path)
    artifact = Artifact(Blob.of("application/json", b"{}"), (layer,))
    patience = Patience(attempts=60, first=0.05, longest=0.1)
    async with AsyncExitStack() as stack:
        child, port = await stack.enter_async_context(start(tmp_path / "registry"))

        killed = asyncio.Event()

        def kill_in_the_middle(done: int, total: int) -> None:
            # Once: a second kill would reap the child under asyncio's hands, and its exit code would be lost.
            if done > total // 2 and not killed.is_set():
                killed.set()
                child.kill()

        address = Address(f"127.0.0.1:{port}", plain_http=True)
        registry = await stack.enter_async_context(Registry(address, patience=patience))
        upload = asyncio.create_task(
            registry.upload("team/app", artifact, on_progress=kill_in_the_middle)
        )
        assert await asyncio.wait_for(child.wait(), timeout=60) == -SIGKILL
        assert not upload.done()
        await stack.enter_async_context(start(tmp_path / "registry", port))
        await asyncio.wait_for(upload, timeout=60)
        await registry.download("team/app", layer.descriptor.digest, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
