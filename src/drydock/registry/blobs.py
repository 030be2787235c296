"""Handing out blobs, whole or a range, from the disk to the wire in pieces."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from drydock.registry import paths
from drydock.registry.errors import Refusal
from drydock.registry.names import Digest
from drydock.registry.storage import Storage

PIECE = 1 << 20  # bytes
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


@dataclass(frozen=True)
class Blobs:
    storage: Storage

    async def get(self, request: Request) -> Response:
        """GET and HEAD."""
        digest, path = self._find(request)
        size = path.stat().st_size
        headers = {
            "Content-Type": "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Docker-Content-Digest": str(digest),
            "ETag": f'"{digest}"',
        }
        wanted = asked(request.headers.get("range"), size)
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

    def _find(self, request: Request) -> tuple[Digest, Path]:
        repository, digest = paths.repository(request), paths.digest(request.path_params["digest"])
        path = self.storage.blob_path(repository, str(digest))
        if path is None:
            raise _unknown(repository, digest)
        return digest, path


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


async def _pieces(path: Path, part: range) -> AsyncIterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(part.start)
        left = len(part)
        while left:
            piece = await asyncio.to_thread(file.read, min(PIECE, left))
            if not piece:
                raise EOFError(f"{path} is shorter than it was")
            left -= len(piece)
            yield piece


def _unknown(repository: str, digest: Digest) -> Refusal:
    return Refusal(404, "BLOB_UNKNOWN", f"{repository} has no blob {digest}")
