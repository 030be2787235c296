"""What one connection may cost: an HTTP protocol that bounds heads, waits and the number of clients."""

import asyncio
import logging
from typing import Any, ClassVar, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)


class Bounded(HttpToolsProtocol):
    """uvicorn bounds only the wait between two requests. A client that does not read its answer is left alone: it may be a pager.

    Who connects and says nothing has as long as between two requests: Go's clients dial before they need it.
    """

    CONNECTIONS: ClassVar = (
        400  # per server: with two servers below the usual 1024 descriptors of a process
    )
    HEAD_BYTES: ClassVar = (
        65536  # request line and headers; what arrives in one piece may be longer
    )
    HEAD_SECONDS: ClassVar = 30.0  # from its first byte to its last
    BODY_SECONDS: ClassVar = 60.0  # without a byte of a body that we wait for

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._awaits: Literal["word", "head", "body", "nothing"] = "nothing"
        self._heard = 0.0  # when, on the loop's clock
        self._head = 0
        self._watchdog: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        super().connection_made(transport)
        if len(self.connections) > self.CONNECTIONS:
            log.warning("refused a client: %d are connected", self.CONNECTIONS)
            self._end("503 Service Unavailable", "too many connections")
        else:
            self._await("word", self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaits in {"word", "nothing"}:
            self._await_head()
        was_in_head = self._awaits == "head"
        self._heard = self.loop.time() if self._awaits == "body" else self._heard
        super().data_received(data)
        if was_in_head and self._awaits == "head" and not self.transport.is_closing():
            self._head += len(data)
            if self._head > self.HEAD_BYTES:
                self._end("431 Request Header Fields Too Large", "the request's head is too large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._awaits != "head":
            self._await_head()

    def on_headers_complete(self) -> None:
        self._await("body", self.BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._await_nothing()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._await_nothing()
        super().handle_websocket_upgrade()

    def _await_head(self) -> None:
        self._head = 0
        self._await("head", self.HEAD_SECONDS)

    def _await(self, what: Literal["word", "head", "body"], seconds: float) -> None:
        self._await_nothing()
        self._awaits = what
        self._heard = self.loop.time()
        self._watchdog = self.loop.call_later(seconds, self._look, seconds)

    def _await_nothing(self) -> None:
        self._awaits = "nothing"
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None

    def _look(self, seconds: float) -> None:
        """A client that we do not listen to at the moment is not late."""
        left = seconds if self.flow.read_paused else self._heard + seconds - self.loop.time()
        if left > 0:
            self._watchdog = self.loop.call_later(left, self._look, seconds)
        elif self._awaits == "word":
            self.transport.close()
        elif not self.transport.is_closing():
            self._end("408 Request Timeout", f"no whole request {self._awaits} came in time")

    def _end(self, status: str, why: str) -> None:
        """With a word, unless an answer has begun already."""
        self._await_nothing()
        if self.cycle is None or not self.cycle.response_started:
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(why)}"
            self.transport.write(f"{head}\r\nconnection: close\r\n\r\n{why}".encode())
        self.transport.close()
