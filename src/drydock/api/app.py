"""The ASGI app: reads a request, guards it, sends it to its handler, writes the answer."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from drydock.api import options, pod_logs, reviews, status
from drydock.api.answers import json_answer, object_answer, page_answer, written_answer
from drydock.api.auth import Guard
from drydock.api.description import description
from drydock.api.eviction import Evictions
from drydock.api.metrics import Metering, Metrics
from drydock.api.objects import Objects
from drydock.api.pod_logs import LogReader
from drydock.api.request import Place, Request, place
from drydock.api.scale import Scales
from drydock.api.sessions import PodAccess, Sessions
from drydock.api.sockets import Left, Socket
from drydock.api.streaming import Stream
from drydock.api.watch import lines
from drydock.api.writes import Writes
from drydock.home import Hindered
from drydock.resources import METRICS, NEVER_ANY, REVIEWS
from drydock.store import Store

MAX_BODY = 3 * 1024 * 1024

log = logging.getLogger(__name__)

_Handler = Callable[[Request], ASGIApp]


class Pods(PodAccess, Metering, Protocol):
    """What the API asks the node about pods, beside their logs."""


def create(
    store: Store, *, token: str, logs: LogReader, pods: Pods, allowed_hosts: Collection[str]
) -> ASGIApp:
    """`allowed_hosts` are the names and addresses, without ports, by which clients may reach us."""
    objects = Objects(store)
    writes = Writes(store)
    handlers = _Handlers(
        store,
        objects,
        writes,
        Scales(objects, writes),
        Evictions(store, objects),
        Sessions(objects, pods),
        Metrics(objects, pods),
        logs,
    )
    return _Api(Guard(token, frozenset(allowed_hosts)), handlers)


@dataclass(frozen=True, slots=True)
class _Api:
    guard: Guard
    handlers: "_Handlers"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                response = await self._answer(scope, receive)
                await response(scope, receive, send)
            case "lifespan":
                await _live(receive, send)
            case "websocket":
                await self._converse(scope, Socket(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers = _headers(scope)
        try:
            self.guard.check(headers)
            body = await _body(receive)
            return self._dispatch(scope["method"], scope["path"], _query(scope), headers, body)
        except status.Refused as refused:
            return json_answer(refused.body, refused.code)
        except RecursionError:
            return json_answer(status.bad_request("exceeded max depth").body, 400)
        except Hindered as hindered:  # the store's disk: the cluster is about to end, and says so
            return json_answer(status.internal_error(str(hindered)).body, 500)
        except Exception as error:  # a bug fails one request, not the server
            log.exception("%s %s", scope["method"], scope["path"])
            return json_answer(status.internal_error(repr(error)).body, 500)

    async def _converse(self, scope: Scope, socket: Socket) -> None:
        headers, query = _headers(scope), _query(scope)
        try:
            self.guard.check(headers)
            found = place(scope["path"])
            if found is None:
                raise status.no_such_path()
            request = Request("GET", found, dict(query), headers, b"", query)
            await self.handlers.sessions.converse(request)(socket)
        except status.Refused as refused:
            await socket.refuse(refused.body, refused.code)
        except Left:
            pass

    def _dispatch(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> ASGIApp:
        if found := place(path):
            return self.handlers.answer(Request(method, found, dict(query), headers, body, query))
        described = description(path, headers.get("accept", ""))
        if described is None:
            raise status.no_such_path()
        if method != "GET":
            raise status.method_not_allowed()
        return described


@dataclass(frozen=True, slots=True)
class _Handlers:
    store: Store
    objects: Objects
    writes: Writes
    scales: Scales
    evictions: Evictions
    sessions: Sessions
    metrics: Metrics
    logs: LogReader

    def answer(self, request: Request) -> ASGIApp:
        where = request.place
        handlers: Mapping[str, _Handler]
        if where.resource in REVIEWS:
            handlers = {"POST": self._review} if not where.name else {}
        elif where.resource in METRICS:
            handlers = {"GET": self.metrics.answer}
        elif where.resource in NEVER_ANY:
            handlers = {"GET": self._get if where.name else self._list}
        elif not where.name:
            handlers = self._of_collection(where)
        elif where.namespace is None:
            raise status.no_such_path()
        else:
            handlers = self._of_object(where.subresource)
        if request.method not in handlers:
            raise status.method_not_allowed()
        options.check(request)
        return handlers[request.method](request)

    def _of_collection(self, where: Place) -> Mapping[str, _Handler]:
        if where.namespace is None:
            return {"GET": self._list}
        return {"GET": self._list, "POST": self._create, "DELETE": self._delete_collection}

    def _of_object(self, subresource: str) -> Mapping[str, _Handler]:
        match subresource:
            case "":
                return {
                    "GET": self._get,
                    "PUT": self._replace,
                    "PATCH": self._patch,
                    "DELETE": self._delete,
                }
            case "status":
                return {"GET": self._get, "PUT": self._replace, "PATCH": self._patch}
            case "finalize":
                return {"PUT": self._replace}
            case "scale":
                return {
                    "GET": lambda request: object_answer(request, self.scales.get(request)),
                    "PUT": lambda request: object_answer(request, self.scales.replace(request)),
                    "PATCH": lambda request: object_answer(request, self.scales.patch(request)),
                }
            case "log":
                return {"GET": self._log}
            case "exec" | "attach" | "portforward":
                return {"GET": self.sessions.refuse, "POST": self.sessions.refuse}
            case "eviction":
                return {"POST": lambda request: json_answer(self.evictions.create(request), 201)}
        raise status.no_such_path()

    def _get(self, request: Request) -> ASGIApp:
        if request.flag("watch"):
            return self._watch(request)
        return object_answer(request, self.objects.get(request))

    def _list(self, request: Request) -> ASGIApp:
        if request.flag("watch"):
            return self._watch(request)
        return page_answer(request, self.objects.list(request))

    def _watch(self, request: Request) -> ASGIApp:
        watch = self.objects.watch(request)
        return Stream(lines(self.store, watch), media_type="application/json")

    def _create(self, request: Request) -> ASGIApp:
        return written_answer(request, self.writes.create(request))

    def _replace(self, request: Request) -> ASGIApp:
        return written_answer(request, self.writes.replace(request))

    def _patch(self, request: Request) -> ASGIApp:
        return written_answer(request, self.writes.patch(request))

    def _delete(self, request: Request) -> ASGIApp:
        return object_answer(request, self.objects.delete(request))

    def _delete_collection(self, request: Request) -> ASGIApp:
        return page_answer(request, self.objects.delete_collection(request))

    def _log(self, request: Request) -> ASGIApp:
        chunks = pod_logs.read(request, self.objects.get(request), self.logs)
        return Stream(chunks, media_type="text/plain")

    def _review(self, request: Request) -> ASGIApp:
        return json_answer(reviews.review(request), 201)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise status.too_large(MAX_BODY)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
