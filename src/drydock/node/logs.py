"""What containers say: a file per container and restart, each line with its time, bounded in size."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

from drydock.node import clock
from drydock.timestamps import moment

_LONGEST = 16 * 1024  # bytes; a longer line is split, as container runtimes do
_LAG = 1024 * 1024  # bytes that a listener may leave unheard
SIZE = 10 * 1024 * 1024  # bytes; a file that would pass it becomes the older half


class Tap:
    """A run's output as it comes, for one listener. Who leaves too much unheard hears the end: the run waits for nobody."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._more = asyncio.Event()
        self._ended = False

    def feed(self, data: bytes) -> None:
        if len(self._heard) + len(data) > _LAG:
            self._ended = True
        if not self._ended:
            self._heard += data
        self._more.set()

    def end(self) -> None:
        self._ended = True
        self._more.set()

    async def read(self, most: int) -> bytes:
        """Empty at the end."""
        while not self._heard and not self._ended:
            self._more.clear()
            await self._more.wait()
        data = bytes(self._heard[:most])
        del self._heard[:most]
        return data


class Log:
    """One run's output. Lines are `<time> <text>`; a follower is woken by every write."""

    def __init__(self, path: Path, *, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self._changed = asyncio.Event()
        self._rest = b""
        self._taps: set[Tap] = set()
        self.closed = False
        self.version = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def listen(self) -> Tap:
        tap = Tap()
        self._taps.add(tap)
        if self.closed:
            tap.end()
        return tap

    def let_go(self, tap: Tap) -> None:
        self._taps.discard(tap)

    def write(self, data: bytes) -> None:
        for tap in self._taps:
            tap.feed(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) >= _LONGEST:
            lines.append(self._rest)
            self._rest = b""
        if lines:
            self._append(lines)

    def close(self) -> None:
        if self._rest:
            self._append([self._rest])
            self._rest = b""
        self.closed = True
        for tap in self._taps:
            tap.end()
        self._file.close()
        self._wake()

    async def change(self, seen: int) -> None:
        """Returns when the log has been written or closed since its `version` was `seen`."""
        if self.version == seen:
            await self._changed.wait()

    def _append(self, lines: list[bytes]) -> None:
        time = clock.precise().encode()
        if self._file.tell() > self._size:
            self._rotate()
        self._file.write(b"".join(time + b" " + line + b"\n" for line in lines))
        self._wake()

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(_older(self._path))
        self._file = self._path.open("ab", buffering=0)

    def _wake(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()


class Collector(asyncio.Protocol):
    """Reads a process's output into a log; `done` when every holder of the pipe has closed it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._log.write(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def read(
    path: Path,
    log: Log | None,
    *,
    follow: bool,
    tail_lines: int | None = None,
    since: datetime | None = None,
    timestamps: bool = False,
) -> AsyncIterator[bytes]:
    """Whole lines, oldest first. With `follow`, until `log`, the writer of `path`, is closed."""
    with contextlib.ExitStack() as files:
        file = files.enter_context(path.open("rb"))
        lines: Iterator[bytes] = _both(path, file)
        if tail_lines is not None:
            lines = iter(deque(lines, maxlen=tail_lines))
        for line in lines:
            if since is None or _time(line) >= since:
                yield line if timestamps else _text(line)
        while follow and log is not None:
            seen, closed = log.version, log.closed
            for line in file:
                yield line if timestamps else _text(line)
            if not _names(path, file.fileno()):
                file.close()  # the log went on in a new file
                file = files.enter_context(path.open("rb"))
            elif closed:
                return
            else:
                await log.change(seen)


def tail(path: Path, lines: int, size: int) -> str:
    """The last that was said: at most so many lines, and bytes."""
    with path.open("rb") as file:
        last = deque(map(_text, file), maxlen=lines)
    return b"".join(last)[-size:].decode(errors="replace")


def _both(path: Path, file: Iterator[bytes]) -> Iterator[bytes]:
    older = _older(path)
    if older.exists():
        with older.open("rb") as before:
            yield from before
    yield from file


def _names(path: Path, descriptor: int) -> bool:
    return os.path.samestat(os.fstat(descriptor), path.stat())


def _time(line: bytes) -> datetime:
    return moment(line.partition(b" ")[0].decode())


def _text(line: bytes) -> bytes:
    return line.partition(b" ")[2]


def _older(path: Path) -> Path:
    return path.with_name(f"{path.name}.older")
