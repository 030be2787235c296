"""A node whose pods say what a test tells them to, and remember what they were told."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drydock.resources import Object
from drydock.sessions import Streams, Unavailable
from drydock.usage import Measurement


def said(*chunks: bytes, ends: bool = True) -> asyncio.StreamReader:
    """A stream that has these bytes, and then its end."""
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    if ends:
        reader.feed_eof()
    return reader


@dataclass
class Command:
    """Runs until its outputs have ended and `code` is there."""

    outputs: Mapping[str, asyncio.StreamReader] = field(default_factory=dict)
    code: int = 0
    heard: bytes = b""
    sizes: list[tuple[int, int]] = field(default_factory=list)
    closed_stdin: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    deaf: bool = False

    async def write(self, data: bytes) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        self.heard += data

    def close_stdin(self) -> None:
        self.closed_stdin.set()

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    async def wait(self) -> int:
        return self.code

    async def close(self) -> None:
        self.closed.set()


@dataclass
class Pods:
    command: Command | None = None
    ports: dict[int, int] = field(default_factory=dict)  # where a pod's port really listens
    measurements: dict[str, Measurement] = field(default_factory=dict)  # by name
    asked: tuple[object, ...] = ()

    async def execute(
        self, pod: Object, container: str, command: Sequence[str], streams: Streams
    ) -> Command:
        self.asked = (pod["metadata"]["name"], container, tuple(command), streams)
        return self._command()

    async def attach(self, pod: Object, container: str, streams: Streams) -> Command:
        self.asked = (pod["metadata"]["name"], container, streams)
        return self._command()

    def _command(self) -> Command:
        if self.command is None:
            raise Unavailable("nobody is there")
        return self.command

    async def dial(
        self, _pod: Object, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if port not in self.ports:
            raise Unavailable("connection refused")
        return await asyncio.open_connection("127.0.0.1", self.ports[port])

    def measured(self, pod: Object) -> Measurement | None:
        return self.measurements.get(pod["metadata"]["name"])

    def measured_node(self, name: str) -> Measurement | None:
        return self.measurements.get(name)
