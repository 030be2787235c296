"""Faults of the registry: a layer before the real one, which it calls when nothing strikes."""

import asyncio
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drydock.faults.connection import hang_up
from drydock.faults.kinds import Registry
from drydock.faults.roster import Fault, Faults
from drydock.faults.rules import RegistryCall, concerns_transfer
from drydock.registry.errors import Refusal, answer

_PATH = re.compile(r"/v2/(.+)/(?:manifests|blobs|tags|referrers)/.*")
_CODES = {401: "UNAUTHORIZED", 429: "TOOMANYREQUESTS"}


class RegistryFaults:
    """Strikes clients. The node does not come this way: it reads images from the registry's disk."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._faults.none:
            await self._app(scope, receive, send)
            return
        call = call_of(scope)
        app = self._app
        for fault in self._faults.of(Registry):
            if concerns_transfer(fault.kind, call) and fault.strikes():
                if fault.kind.delay:
                    await asyncio.sleep(fault.kind.delay)
                if fault.kind.answer:
                    await answer(_refusal(fault, fault.kind.answer))(scope, receive, send)
                    return
                if fault.kind.drop_after is not None:
                    app = Cut(app, fault.kind.drop_after)
        await app(scope, receive, send)


class Cut:
    """Ends the connection after so many bytes of a request's body or an answer's, whichever comes first."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = sent = 0
        too_much = asyncio.Event()

        async def receiving() -> Message:
            nonlocal received
            if received >= self._limit:
                await hang_up(scope, receive)
                return {"type": "http.disconnect"}
            message = await receive()
            body = message.get("body", b"")
            left = self._limit - received
            received += len(body)
            if received > self._limit:
                return {**message, "body": body[:left], "more_body": True}
            return message

        async def sending(message: Message) -> None:
            nonlocal sent
            body = message.get("body", b"")
            left = self._limit - sent
            sent += len(body)
            if sent <= self._limit:
                await send(message)
                return
            await send({**message, "body": body[:left], "more_body": True})
            too_much.set()
            await asyncio.Event().wait()

        working = asyncio.ensure_future(self._app(scope, receiving, sending))
        watching = asyncio.ensure_future(too_much.wait())
        try:
            await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            else:
                await hang_up(scope, receive)
        finally:
            working.cancel()
            watching.cancel()
            await asyncio.gather(working, watching, return_exceptions=True)


def call_of(scope: Scope) -> RegistryCall:
    found = _PATH.fullmatch(scope["path"])
    verb = "pull" if scope["method"] in {"GET", "HEAD"} else "push"
    return RegistryCall(verb, found[1] if found else "")


def _refusal(fault: Fault[Registry], code: int) -> Refusal:
    headers = {"Retry-After": "1"} if code == 429 else {}
    return Refusal(code, _CODES.get(code, "UNKNOWN"), f"drydock fault {fault.id}", headers)
