"""The HTTP proxy that pods reach services through: it stands for cluster DNS, service addresses and NetworkPolicy.

Pods find it in `http_proxy`, each with credentials of its own, so the proxy knows who calls and refuses strangers. A
connection carries one request: the answer says `Connection: close`, and what follows the head is passed on untouched.
"""

import asyncio
import base64
import contextlib
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from drydock.node.network import names, routes
from drydock.node.network.dial import Streams, dial
from drydock.node.network.names import Endpoint
from drydock.node.network.routes import Blocked, NoRoute, NotReady
from drydock.node.network.streams import close
from drydock.resources import Object
from drydock.store import Store

_HEAD = 64 * 1024  # bytes
_CHUNK = 64 * 1024  # bytes
_PATIENCE = 10.0  # seconds for a head to arrive, and for an endpoint to be reached


@dataclass(frozen=True, slots=True)
class _Caller:
    pod: Object
    ip: str

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    host: str
    port: int
    path: str  # empty for CONNECT
    headers: Sequence[tuple[str, str]]

    def header(self, name: str) -> str:
        return next((v for k, v in self.headers if k.lower() == name), "")


class _Answer(Exception):
    """What the proxy itself answers."""

    def __init__(self, status: str, text: str, header: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.header = header


class ServiceProxy:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._callers: dict[str, _Caller] = {}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD)

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def admit(self, pod: Object, ip: str) -> str:
        """The proxy's URL for this pod, with its credentials."""
        assert self._server is not None
        metadata = pod["metadata"]
        user, password = metadata["uid"], secrets.token_urlsafe(24)
        key = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._callers[key] = _Caller(pod, ip)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://{user}:{password}@127.0.0.1:{port}"

    def expel(self, url: str) -> None:
        parts = urlsplit(url)
        key = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        self._callers.pop(key, None)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._serve(reader, writer)
        except NoRoute as why:
            writer.write(_answered(_Answer(_status(why), str(why))))
        except _Answer as answer:
            writer.write(_answered(answer))
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the caller went away, or never said what it wants
        finally:
            self._serving.discard(task)
            await close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE):
            head = _parse(await reader.readuntil(b"\r\n\r\n"))
        caller = self._callers.get(head.header("proxy-authorization").removeprefix("Basic "))
        if caller is None:
            raise _Answer(
                "407 Proxy Authentication Required",
                "this proxy serves the pods of drydock only",
                'Proxy-Authenticate: Basic realm="drydock"\r\n',
            )
        upstream = await self._reach(caller, head)
        try:
            if head.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream[1].write(_forwarded(head))
            await _relay((reader, writer), upstream)
        finally:
            await close(upstream[1])

    async def _reach(self, caller: _Caller, head: _Head) -> Streams:
        source = routes.peer(self._store, caller.pod, caller.ip)
        for endpoint in await self._candidates(caller, head):
            target = routes.target(self._store, endpoint)
            routes.check(self._store, source, target, endpoint.port)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    return await dial(None, endpoint.address, endpoint.port)
        raise NoRoute(f"{head.host}:{head.port} cannot be reached")

    async def _candidates(self, caller: _Caller, head: _Head) -> Sequence[Endpoint]:
        service = names.service(self._store, head.host, caller.namespace)
        if service is None:
            if names.means_cluster(self._store, head.host):
                raise NoRoute(
                    f"NXDOMAIN: there is no service {head.host} (asked from namespace {caller.namespace})"
                )
            return await self._outside(head.host, head.port)
        if service["spec"].get("type") == "ExternalName":
            return await self._outside(service["spec"]["externalName"], head.port)
        return routes.to_service(self._store, service, head.port)

    async def _outside(self, host: str, port: int) -> Sequence[Endpoint]:
        try:
            addresses = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError:
            raise NoRoute(f"NXDOMAIN: {host} is unknown") from None
        return [Endpoint(str(info[4][0]), port) for info in addresses]


def _status(why: NoRoute) -> str:
    if isinstance(why, Blocked):
        return "403 Forbidden"
    return "503 Service Unavailable" if isinstance(why, NotReady) else "502 Bad Gateway"


def _answered(answer: _Answer) -> bytes:
    body = f"{answer.text}\n".encode()
    head = (
        f"HTTP/1.1 {answer.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{answer.header}\r\n"
    )
    return head.encode() + body


def _parse(raw: bytes) -> _Head:
    lines = raw.decode("latin-1").split("\r\n")
    try:
        method, target, _ = lines[0].split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise _Answer("400 Bad Request", "this is no request to a proxy") from None
    if not parts.hostname or (method != "CONNECT" and parts.scheme != "http"):
        raise _Answer("400 Bad Request", "ask a proxy for http://host:port/path")
    headers = [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines[1:] if line)]
    query = f"?{parts.query}" if parts.query else ""
    path = "" if method == "CONNECT" else f"{parts.path or '/'}{query}"
    return _Head(method, parts.hostname, port, path, headers)


def _forwarded(head: _Head) -> bytes:
    upgrade = bool(head.header("upgrade"))
    kept = [
        f"{name}: {value}"
        for name, value in head.headers
        if not name.lower().startswith("proxy-")
        and (name.lower() not in {"connection", "keep-alive"} or upgrade)
    ]
    last = [] if upgrade else ["Connection: close"]
    lines = [f"{head.method} {head.path} HTTP/1.1", *kept, *last]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _relay(one: Streams, other: Streams) -> None:
    """Both ways, until the answer is complete: a caller that has said all may still be listening."""
    asking = asyncio.ensure_future(_copy(one[0], other[1]))
    try:
        await _copy(other[0], one[1])
    finally:
        asking.cancel()
        await asyncio.wait((asking,))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
