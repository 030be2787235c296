"""Handing out blobs, whole or a range, from the disk to the wire in pieces."""

import asyncio
import errno
import os
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from drydock.registry import paths
from drydock.registry.errors import Refusal
from drydock.registry.names import Digest
from drydock.registry.storage import Storage
from drydock.registry.validators import etag, is_known, range_holds

PIECE = 1 << 19  # bytes
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_NOT_AT_ONCE = {errno.EAGAIN, errno.EOPNOTSUPP}


@dataclass(frozen=True)
class Blobs:
    storage: Storage

    async def get(self, request: Request) -> Response:
        """GET and HEAD. A client that asks for the HEAD will refer to the blob soon: it is kept for a while."""
        repository, digest = paths.repository(request), paths.digest(request.path_params["digest"])
        path = self.storage.blob_path(repository, str(digest))
        if path is not None and request.method == "HEAD":
            path = await asyncio.to_thread(self.storage.renew, repository, digest)
        if path is None:
            raise _unknown(repository, digest)
        headers = {
            "Content-Type": "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Docker-Content-Digest": str(digest),
            "ETag": etag(digest),
        }
        if is_known(request.headers, digest):
            return Response(status_code=304, headers=headers)
        size = path.stat().st_size
        asks = request.headers.get("range") if range_holds(request.headers, digest) else None
        wanted = asked(asks, size)
        part = range(size) if wanted is None else wanted
        headers["Content-Length"] = str(len(part))
        if wanted is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        status = 200 if wanted is None else 206
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(_pieces(path, part), status_code=status, headers=headers)

    def delete(self, request: Request) -> Response:
        repository, digest = paths.repository(request), paths.digest(request.path_params["digest"])
        if not self.storage.delete_blob(repository, digest):
            raise _unknown(repository, digest)
        return Response(status_code=202)


def asked(header: str | None, size: int) -> range | None:
    """The bytes that a Range header wants. None, that is all, for several ranges and what is no range (RFC 9110, 14.2)."""
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last, tail = match.groups()
    if tail is not None:
        part = range(max(size - int(tail), 0), size)
    else:
        part = range(int(first), min(int(last), size - 1) + 1 if last else size)
    if not part:
        nowhere = f"{header} is outside of {size} bytes"
        raise Refusal(416, "SIZE_INVALID", nowhere, {"Content-Range": f"bytes */{size}"})
    return part


async def _pieces(path: Path, part: range) -> AsyncIterator[memoryview]:
    """What the system has in memory is read at once; only what it must fetch from the disk is worth a thread."""
    with path.open("rb", buffering=0) as file:
        at = part.start
        while at < part.stop:
            piece = bytearray(min(PIECE, part.stop - at))
            count = _read_cached(file.fileno(), piece, at)
            if not count:
                count = await asyncio.to_thread(os.preadv, file.fileno(), [piece], at)
            if not count:
                raise EOFError(f"{path} is shorter than it was")
            at += count
            yield memoryview(piece)[:count]


def _read_cached(descriptor: int, into: bytearray, at: int) -> int:
    """Linux alone can say whether a read would wait; 0 where it would, or where nobody can say."""
    if sys.platform != "linux":
        return 0
    try:
        return os.preadv(descriptor, [into], at, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in _NOT_AT_ONCE:
            return 0
        raise


def _unknown(repository: str, digest: Digest) -> Refusal:
    return Refusal(404, "BLOB_UNKNOWN", f"{repository} has no blob {digest}")
