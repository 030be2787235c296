"""One WebSocket that a client has asked for: taken, spoken on, let go."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.types import Message, Receive, Scope, Send

from drydock.api import status
from drydock.api.answers import json_answer
from drydock.upgrades import LEFT

_LOOK = 1.0  # seconds between two looks whether a client is still there


class Left(Exception):
    """The client is there no longer."""


class Socket:
    """Messages are bytes; one that came as text is given as its UTF-8."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._left: Callable[[], bool] = scope["extensions"].get(LEFT, {}).get("left", bool)

    async def accept(self, protocol: str) -> None:
        """`protocol` is empty where none was asked for."""
        await self._receive()  # websocket.connect
        await self._tell({"type": "websocket.accept", "subprotocol": protocol or None})

    async def refuse(self, body: Mapping[str, object], code: int) -> None:
        """Instead of `accept`: an answer in plain HTTP."""
        await json_answer(body, code)(self._scope, self._receive, self._send)

    async def receive(self) -> bytes:
        """Raises Left."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise Left
        data = message.get("bytes")
        return bytes(data) if data is not None else str(message["text"]).encode()

    async def send(self, data: bytes) -> None:
        """Returns when there is room for more. Raises Left."""
        await self._tell({"type": "websocket.send", "bytes": data})

    async def while_there(self, work: Awaitable[None]) -> None:
        """Await `work`, during which nothing is read from the client. Raises Left."""
        working = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait((working,), timeout=_LOOK))[0]:
                if self._left():
                    raise Left
            working.result()
        finally:
            working.cancel()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._tell({"type": "websocket.close", "code": code, "reason": reason})

    async def _tell(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as gone:
            raise Left from gone


Converse = Callable[[Socket], Awaitable[None]]
"""Speaks with a client whose request was found good."""


def protocol(offered: Sequence[str], spoken: Sequence[str]) -> str:
    """The first of the client's that is spoken here."""
    for each in offered:
        if each in spoken:
            return each
    asked = ", ".join(offered) or "none"
    raise status.bad_request(
        f"unable to upgrade: the WebSocket subprotocol must be one of {', '.join(spoken)}; asked for: {asked}"
    )
