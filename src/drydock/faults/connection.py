"""Ending a connection without an answer, as a broken network does."""

from starlette.types import Receive, Scope

from drydock.connections import Bounded

_HANG_UP = "drydock.hang_up"


class Breakable(Bounded):
    """Lends its connection's end to the application, as an extension of ASGI."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_HANG_UP: {"abort": self.transport.abort}}


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Returns when the server has noticed: before that it would answer in our place."""
    scope["extensions"][_HANG_UP]["abort"]()
    while (await receive())["type"] != "http.disconnect":
        pass
