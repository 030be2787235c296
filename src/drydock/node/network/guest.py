"""One pod's part in the network: who it is, the doors to it, and what is under way for it."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from drydock.node.island import Island
from drydock.resources import Object

log = logging.getLogger(__name__)

_BACKLOG = 1024
_REST = 1.0  # seconds before the next connection is taken when one could not be

Serve = Callable[[socket.socket], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, eq=False)
class Guest:
    pod: Object
    ip: str
    island: Island
    doors: set[int] = field(default_factory=set, init=False)
    _listening: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def open_door(self, port: int, serve: Serve) -> None:
        """Of this machine, at the pod's address. Raises OSError."""
        door = socket.create_server((self.ip, port), backlog=_BACKLOG)
        self.doors.add(port)
        self.listen(door, serve)

    def listen(self, listener: socket.socket, serve: Serve) -> None:
        """Serve each connection that comes. The listener is closed when the pod leaves."""
        listener.setblocking(False)  # noqa: FBT003  # its name says what is false
        accepting = _keep(self._listening, self._accept(listener, serve))
        accepting.add_done_callback(lambda _: listener.close())

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        _keep(self._under_way, work)

    def close(self) -> None:
        """No new connections; those under way go on."""
        for task in self._listening:
            task.cancel()

    def abort(self) -> None:
        for task in self._under_way:
            task.cancel()

    async def end(self) -> None:
        self.close()
        self.abort()
        await asyncio.gather(*self._listening, *self._under_way, return_exceptions=True)

    async def _accept(self, listener: socket.socket, serve: Serve) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as problem:
                log.warning("a connection to pod %s cannot be taken: %s", self.ip, problem)
                await asyncio.sleep(_REST)
            else:
                serving = _keep(self._under_way, serve(connection))
                serving.add_done_callback(partial(_let_go, connection))


def _let_go(connection: socket.socket, serving: asyncio.Task[None]) -> None:
    """Who was cancelled may never have begun."""
    if serving.cancelled():
        connection.close()


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task
