"""Writing a request's body to a file, hashed on the way, in few and large steps off the event loop."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

BATCH = 1 << 20  # bytes


@dataclass
class Progress:
    """The hash of what an upload has so far. It is lost with the process; the file is not, and can be read again."""

    sha256: "_Hash" = field(default_factory=hashlib.sha256)
    size: int = 0

    def take(self, file: IO[bytes], chunks: list[bytes]) -> None:
        for chunk in chunks:
            file.write(chunk)
            self.sha256.update(chunk)
            self.size += len(chunk)
        file.flush()


async def append(chunks: AsyncIterator[bytes], path: Path, progress: Progress) -> None:
    """Add the body to the file. What came before the client went away is kept: it can go on from there."""
    batch: list[bytes] = []
    waiting = 0
    writing: asyncio.Task[None] | None = None
    with path.open("ab", buffering=BATCH) as file:
        try:
            async for chunk in chunks:
                batch.append(chunk)
                waiting += len(chunk)
                if waiting >= BATCH:
                    if writing is not None:
                        await writing
                    writing = asyncio.create_task(asyncio.to_thread(progress.take, file, batch))
                    batch, waiting = [], 0
        finally:
            if writing is not None:
                await writing
            progress.take(file, batch)  # less than a batch: not worth a thread


def hash_file(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
