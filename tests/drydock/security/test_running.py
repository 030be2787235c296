"""A whole drydock, and those who must not get anything from it."""

import asyncio
import json
import os
import ssl
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from drydock.home import Home, Status
from tests.drydock.security.conftest import PATIENCE, Server, head

PODS = "/api/v1/namespaces/default/pods"
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass(frozen=True, slots=True)
class Drydock:
    home: Home
    status: Status
    processes: tuple[psutil.Process, ...]

    @property
    def token(self) -> str:
        return self.home.token.read_text().strip()

    @property
    def api(self) -> Server:
        trust = ssl.create_default_context(cafile=str(self.home.pki / "ca.crt"))
        return Server(self.status.api, trust)

    @property
    def registry(self) -> Server:
        return Server(self.status.registry)

    def authorized(self, method: str, path: str, *headers: str, host: str = "") -> bytes:
        here = host or f"127.0.0.1:{self.status.api}"
        return head(method, path, f"Authorization: Bearer {self.token}", *headers, host=here)

    async def asks(self, path: str, *headers: str, host: str = "") -> int:
        return await self.api.status(self.authorized("GET", path, *headers, host=host))


async def _run(home: Path, *words: str) -> None:
    verb, *rest = words
    argv = (sys.executable, "-m", "drydock", verb, "--home", str(home), *rest)
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


@pytest.fixture(scope="module")
def drydock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drydock]:
    home = Home(tmp_path_factory.mktemp("drydock") / "home")
    asyncio.run(_run(home.root, "up", "--detach"))
    try:
        status = home.status()
        assert status is not None
        process = psutil.Process(status.pid)
        yield Drydock(home, status, (process, *process.children(recursive=True)))
    finally:
        asyncio.run(_run(home.root, "down"))


def said(answer: bytes) -> tuple[int, dict[str, object]]:
    """Status and JSON body."""
    start, _, body = answer.partition(b"\r\n\r\n")
    return int(start.split(b" ", 2)[1]), json.loads(body)


# Who may speak to the API


async def test_the_token_opens(drydock: Drydock) -> None:
    assert await drydock.asks(PODS) == 200


@pytest.mark.parametrize(
    "header",
    [
        "X-Nothing: at all",
        "Authorization:",
        "Authorization: Bearer",
        "Authorization: Bearer wrong",
        "Authorization: Bearer {token}x",
        "Authorization: Bearer {token} {token}",
        "Authorization: {token}",
        "Authorization: Basic {token}",
        "Authorization: Bearer\t{token}\t\x80",
        "Authorization: Negotiate",
        "Cookie: token={token}",
        "X-Remote-User: system:admin",
        "Impersonate-User: system:admin",
    ],
)
async def test_nothing_but_the_token_does(drydock: Drydock, header: str) -> None:
    request = head("GET", PODS, header.format(token=drydock.token))
    status, body = said(await drydock.api.say(request))
    assert (status, body["reason"]) == (401, "Unauthorized")


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "bearer"])
async def test_a_token_in_the_address_does_not(drydock: Drydock, name: str) -> None:
    request = head("GET", f"{PODS}?{name}={drydock.token}")
    assert await drydock.api.status(request) == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1]", "0.0.0.0"])
async def test_another_name_of_this_machine_does_not(drydock: Drydock, host: str) -> None:
    """A page that has its own name resolve to us sends this."""
    assert await drydock.asks(PODS, host=host) == 403
    registry = head("GET", "/v2/", host=host)
    assert await drydock.registry.status(registry) == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:{api}", "https://127.0.0.1:1"]
)
async def test_a_page_of_another_site_does_not(drydock: Drydock, origin: str) -> None:
    assert await drydock.asks(PODS, f"Origin: {origin.format(api=drydock.status.api)}") == 403


async def test_a_whole_address_as_the_target_opens_no_other_door(drydock: Drydock) -> None:
    for target in ("https://evil.example/api", "http://127.0.0.1/api"):
        assert await drydock.api.status(head("GET", target)) == 401
        assert await drydock.asks(target, host="evil.example") == 403
    assert await drydock.registry.status(head("GET", "http://x/v2/", host="evil.example")) == 403


UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: v5.channel.k8s.io",
)


@pytest.mark.parametrize("what", ["exec?command=id&stdout=true", "attach", "portforward?ports=80"])
async def test_no_web_socket_is_opened_to_strangers(drydock: Drydock, what: str) -> None:
    """A browser lets every page open one: there is nothing that it would ask first."""
    path = f"{PODS}/web/{what}"
    assert await drydock.api.status(head("GET", path, *UPGRADE)) == 401
    foreign = (*UPGRADE, "Origin: https://evil.example")
    assert await drydock.asks(path, *foreign) == 403
    assert await drydock.asks(path, *UPGRADE, host="evil.example") == 403
    assert await drydock.registry.status(head("GET", "/v2/", *UPGRADE)) == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_no_stranger_breaks_things(drydock: Drydock, method: str) -> None:
    for path in ("/drydock/faults", "/drydock/faults/f1"):
        assert await drydock.api.status(head(method, path, "Content-Length: 0")) == 401


# What is sent to the API


async def test_a_large_body_is_refused_with_its_size_or_without(drydock: Drydock) -> None:
    size = 3 * 1024 * 1024 + 1
    kind = "Content-Type: application/json"
    declared = drydock.authorized("POST", PODS, kind, f"Content-Length: {size}")
    status, body = said(await drydock.api.say(declared, b"x" * size))
    assert (status, body["reason"]) == (413, "RequestEntityTooLarge")
    chunked = drydock.authorized("POST", PODS, kind, "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    status, body = said(await drydock.api.say(chunked, chunk * 49, b"0\r\n\r\n"))
    assert (status, body["reason"]) == (413, "RequestEntityTooLarge")


async def test_a_deep_body_is_refused(drydock: Drydock) -> None:
    for body in (b"[" * 100_000, b'{"a":' * 100_000):
        length = f"Content-Length: {len(body)}"
        request = drydock.authorized("POST", PODS, "Content-Type: application/json", length)
        assert said(await drydock.api.say(request, body))[0] == 400


SEGMENTS = (
    "..%2f..%2f..%2ftoken",
    "%2e%2e%2f%2e%2e%2ftoken",
    "%252e%252e%252ftoken",
    "..",
    "%2e%2e",
    "a%00b",
    "..%5c..%5ctoken",
)


@pytest.mark.parametrize("segment", SEGMENTS)
async def test_no_path_of_the_api_leads_to_a_file(drydock: Drydock, segment: str) -> None:
    for path in (
        f"/api/v1/namespaces/{segment}/pods/web/log",
        f"{PODS}/{segment}/log",
        f"{PODS}/web/log?container={segment}",
        f"/{segment}",
    ):
        answer = await drydock.api.say(drydock.authorized("GET", path))
        assert int(answer.split(b" ", 2)[1]) in {400, 404}, path
        assert drydock.token.encode() not in answer


# The registry


@pytest.mark.parametrize("segment", SEGMENTS)
async def test_no_path_of_the_registry_leads_to_a_file(drydock: Drydock, segment: str) -> None:
    for method, path in (
        ("GET", f"/v2/{segment}/manifests/v1"),
        ("GET", f"/v2/team/app/manifests/{segment}"),
        ("PUT", f"/v2/team/app/manifests/{segment}"),
        ("GET", f"/v2/team/app/blobs/{segment}"),
        ("GET", f"/v2/team/app/blobs/sha256:{segment}"),
        ("GET", f"/v2/{segment}/tags/list"),
        ("GET", f"/v2/team/app/referrers/{segment}"),
        ("POST", f"/v2/{segment}/blobs/uploads/"),
        ("POST", f"/v2/team/app/blobs/uploads/?digest={segment}"),
        ("POST", f"/v2/team/app/blobs/uploads/?mount={segment}&from=team/app"),
        ("GET", f"/v2/team/app/blobs/uploads/{segment}"),
        ("PATCH", f"/v2/team/app/blobs/uploads/{segment}"),
        ("DELETE", f"/v2/team/app/blobs/uploads/{segment}"),
        ("PUT", f"/v2/team/app/blobs/uploads/{segment}?digest={EMPTY}"),
    ):
        answer = await drydock.registry.say(head(method, path, "Content-Length: 0"))
        status, body = said(answer)
        assert status in {400, 404, 405}, (method, path)
        assert set(body) == {"errors"}
        assert drydock.token.encode() not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize(
    "header",
    [
        "Origin: https://evil.example",
        "Origin: null",
        "Origin: http://localhost:3000",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ],
)
async def test_a_page_cannot_push(drydock: Drydock, method: str, header: str) -> None:
    """What a form or a script sends without asking first: text/plain."""
    request = head(
        method,
        "/v2/team/app/blobs/uploads/",
        header,
        "Content-Type: text/plain",
        "Content-Length: 0",
    )
    assert await drydock.registry.status(request) == 403


async def test_a_page_that_asks_first_is_told_no(drydock: Drydock) -> None:
    asks = ("Origin: https://evil.example", "Access-Control-Request-Method: PUT")
    for server in (drydock.registry, drydock.api):
        answer = await server.say(head("OPTIONS", "/v2/team/app/manifests/v1", *asks))
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"access-control" not in answer.lower()


async def test_two_hosts_in_one_request_are_one_too_many(drydock: Drydock) -> None:
    assert await drydock.registry.status(head("GET", "/v2/", "Host: evil.example")) == 403


async def test_a_manifest_bomb_is_refused(drydock: Drydock) -> None:
    kind = "Content-Type: application/vnd.oci.image.manifest.v1+json"
    path = "/v2/team/app/manifests/v1"
    for body in (b'{"a":' * 200_000, b"[" * 1_000_000, b'{"layers":[' + b"{}," * 1_000_000):
        request = head("PUT", path, kind, f"Content-Length: {len(body)}")
        status, answer = said(await drydock.registry.say(request, body))
        assert (status, '"MANIFEST_INVALID"' in json.dumps(answer)) == (400, True)
    huge = head("PUT", path, kind, "Content-Length: 99999999999")
    assert await drydock.registry.status(huge) == 413


# What lies about


def test_nobody_else_may_look_inside(drydock: Drydock) -> None:
    root = drydock.home.root
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    private = [
        *(drydock.home.token, drydock.home.kubeconfig, drydock.home.state),
        *drydock.home.pki.glob("*.key"),
        *root.glob("*.json"),
    ]
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in private}
    assert modes == dict.fromkeys(modes, "0o600")
    assert {"token", "kubeconfig", "state.db", "ca.key", "server.key"} <= modes.keys()
    folders = (drydock.home.pki, drydock.home.registry, drydock.home.node, drydock.home.log.parent)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            path = Path(folder, name)
            assert path.is_symlink() or not path.stat().st_mode & stat.S_IWOTH, path


def test_the_token_is_in_no_log_and_no_argument(drydock: Drydock) -> None:
    assert drydock.token not in drydock.home.log.read_text()
    for process in drydock.processes:
        if process.is_running():
            assert not [word for word in process.cmdline() if drydock.token in word]


def test_nothing_listens_on_more_than_loopback(drydock: Drydock) -> None:
    found = [
        connection.laddr.ip
        for process in drydock.processes
        if process.is_running()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(found) >= 3
    assert {ip.partition(".")[0] for ip in found} <= {"127", "::1"}


async def test_what_clients_do_wrong_is_no_traceback(drydock: Drydock) -> None:
    """The last test here: all that the others did is in the log."""
    async with asyncio.timeout(PATIENCE):
        assert await drydock.asks("/version") == 200
    log = drydock.home.log.read_text()
    assert "Traceback" not in log, log
