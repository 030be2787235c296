"""Faults of the API: a layer before the real one, which it calls when nothing strikes."""

import asyncio
import contextlib
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drydock.api import status
from drydock.api.answers import json_answer
from drydock.api.request import place
from drydock.faults.connection import hang_up
from drydock.faults.kinds import Api, Watch
from drydock.faults.roster import Fault, Faults
from drydock.faults.rules import ApiCall, concerns_call

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class ApiFaults:
    """Strikes clients. The controllers and the node do not come this way: they have the store itself."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = b"watch=" in scope.get("query_string", b"")
        if scope["type"] != "http" or (self._faults.none and not watching):
            await self._app(scope, receive, send)
            return
        call = call_of(scope)
        for fault in self._faults.of(Api):
            if concerns_call(fault.kind, call) and fault.strikes():
                if fault.kind.delay:
                    await asyncio.sleep(fault.kind.delay)
                if fault.kind.drop:
                    await hang_up(scope, receive)
                    return
                if fault.kind.answer:
                    await _answer(fault, fault.kind.answer)(scope, receive, send)
                    return
        if call.verb == "watch":
            await self._watch(call, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _watch(self, call: ApiCall, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        watching = asyncio.ensure_future(self._app(scope, receive, sending))
        fate = asyncio.ensure_future(self._fate(call))
        try:
            await asyncio.wait((watching, fate), return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
                return
            watching.cancel()
            await asyncio.wait((watching,))
            if fate.result().kind.drop:
                await hang_up(scope, receive)
            else:
                await _expire(fate.result(), send, begun=begun)
        finally:
            watching.cancel()
            fate.cancel()
            await asyncio.gather(watching, fate, return_exceptions=True)

    async def _fate(self, call: ApiCall) -> Fault[Watch]:
        """Returns when one of them strikes this watch."""
        clock = asyncio.get_running_loop().time
        due: dict[str, float] = {}
        while True:
            faults = [f for f in self._faults.of(Watch) if concerns_call(f.kind, call)]
            for fault in faults:
                if due.get(fault.id, 0) > clock():
                    continue
                if fault.id in due and fault.strikes():
                    return fault
                due[fault.id] = clock() + fault.moment(fault.kind.every)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min((due[f.id] for f in faults), default=None)):
                    await self._faults.changed()


def call_of(scope: Scope) -> ApiCall:
    agent = next((v for name, v in scope["headers"] if name == b"user-agent"), b"").decode(
        "latin-1"
    )
    method = scope["method"]
    where = place(scope["path"])
    if where is None:
        return ApiCall(_VERBS.get(method, "get"), user_agent=agent)
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    verb = _VERBS.get(method, "get" if where.name else "list")
    if method == "GET" and query.get("watch", "").lower() in {"1", "t", "true"}:
        verb = "watch"
    elif verb == "delete" and not where.name:
        verb = "deletecollection"
    return ApiCall(verb, where.resource.plural, where.namespace or "", where.name, agent)


def _answer(fault: Fault[Api], code: int) -> Response:
    by = f"drydock fault {fault.id}"
    again = fault.kind.retry_after
    if code == 429 and again is None:
        again = 1  # a real server always says it
    details = {} if again is None else {"retryAfterSeconds": again}
    match code:
        case 410:
            refused = status.expired(f"The provided resourceVersion is too old ({by})")
        case 429:
            message = f"Too many requests, please try again later. ({by})"
            refused = status.failure(429, "TooManyRequests", message, details)
        case 503:
            message = f"the server is currently unable to handle the request ({by})"
            refused = status.failure(503, "ServiceUnavailable", message, details)
        case 504:
            message = f"Timeout: request did not complete within the allotted timeout ({by})"
            refused = status.failure(504, "Timeout", message, details)
        case _:
            refused = status.internal_error(by)
    response = json_answer(refused.body, code)
    if again is not None:
        response.headers["retry-after"] = str(again)
    return response


async def _expire(fault: Fault[Watch], send: Send, *, begun: bool) -> None:
    """As when the window of changes is lost: the client has to list again."""
    refused = status.expired(f"too old resource version (drydock fault {fault.id})")
    line = msgspec.json.encode({"type": "ERROR", "object": refused.body}) + b"\n"
    if not begun:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": line})
