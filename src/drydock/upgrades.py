"""The WebSockets of a uvicorn server whose clients are those of a Kubernetes API."""

import asyncio
import logging
import select
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.server import ServerProtocol

LEFT = "drydock.left"
"""The ASGI extension that tells whether the client has closed the connection, while nothing is read from it."""

_LEFT = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)  # the last is Linux's

log = logging.getLogger(__name__)
log.setLevel(
    logging.WARNING
)  # less would show queries, and commands with their secrets are in them


class _AnySubprotocol(ServerProtocol):
    def process_subprotocol(self, _headers: Headers) -> None:
        """The application chooses. The library refuses names that are no tokens: kubectl's SPDY/3.1+portforward.k8s.io."""


class WebSockets(WebSocketsSansIOProtocol):
    """For uvicorn's `ws`. Nothing is compressed: nobody who talks to this machine saves time by it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = log
        self.conn = _AnySubprotocol(max_size=config.ws_max_size, logger=log)

    async def run_asgi(self) -> None:
        self.scope["extensions"][LEFT] = {"left": self._left}  # extensions are dictionaries
        await super().run_asgi()
        if self.read_paused and not self.disconnected and self._left():
            self.transport.abort()  # what it still had to say would keep the connection open

    def _left(self) -> bool:
        """TLS in asyncio tells nobody who does not read."""
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket"), _LEFT)
        return bool(poll.poll(0))
