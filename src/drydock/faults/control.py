"""`/drydock/faults`: the API by which faults are added, listed and cleared."""

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from drydock.api import status
from drydock.api.answers import json_answer
from drydock.api.auth import Guard
from drydock.faults.kinds import Misuse
from drydock.faults.orders import understood
from drydock.faults.roster import Faults

PATH = "/drydock/faults"
_MAX_BODY = 65_536


class Control:
    """Answers what begins with its path and hands everything else on. Asks for the token as the API does."""

    def __init__(self, app: ASGIApp, faults: Faults, guard: Guard) -> None:
        self._app = app
        self._faults = faults
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PATH}/"):
            await self._app(scope, receive, send)
            return
        response = await self._answer(scope, receive)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
        identity = scope["path"].removeprefix(PATH).strip("/")
        try:
            self._guard.check(headers)
            match scope["method"]:
                case "GET" if not identity:
                    return json_answer({"faults": self._faults.entries()})
                case "POST" if not identity:
                    entry = self._faults.add(understood(await _body(receive)))
                    await asyncio.sleep(0)  # the node hears of it, then who asked for it
                    return json_answer(entry, 201)
                case "DELETE":
                    cleared = self._faults.clear(identity or None)
                    await asyncio.sleep(0)
                    return json_answer({"faults": cleared})
        except Misuse as misuse:
            return json_answer({"problem": misuse.problem, "remedy": misuse.remedy}, 422)
        except status.Refused as refused:
            return json_answer(refused.body, refused.code)
        return json_answer(status.method_not_allowed().body, 405)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > _MAX_BODY:
            raise status.too_large(_MAX_BODY)
        if not message.get("more_body", False):
            return body
