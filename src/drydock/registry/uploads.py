"""Receiving blobs: in one request, in a session of chunks, or mounted from another repository."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from drydock.registry import paths
from drydock.registry.errors import Refusal
from drydock.registry.names import Digest, is_repository
from drydock.registry.receive import Progress, append, hash_file
from drydock.registry.storage import Storage

_CONTENT_RANGE = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/.*)?")


@dataclass
class Uploads:
    storage: Storage
    running: dict[str, Progress] = field(default_factory=dict)  # by upload
    busy: set[str] = field(default_factory=set)

    async def start(self, request: Request) -> Response:
        repository = paths.repository(request)
        query = request.query_params
        if "mount" in query and await self._mount(repository, query["mount"], query.get("from")):
            return _created(repository, paths.digest(query["mount"]))
        expected = paths.digest(query["digest"]) if "digest" in query else None
        upload = str(uuid4())
        path = await asyncio.to_thread(self.storage.start_upload, repository, upload)
        if expected is None:
            return _status(202, repository, upload, path)
        try:
            await self._receive(request, repository, upload, path)
            await asyncio.to_thread(self._keep, repository, upload, path, expected)
        finally:
            self._forget(upload, path)
        return _created(repository, expected)

    async def status(self, request: Request) -> Response:
        repository, upload, path = self._find(request)
        return _status(204, repository, upload, path)

    async def append(self, request: Request) -> Response:
        repository, upload, path = self._find(request)
        with self._alone(upload):
            await self._receive(request, repository, upload, path)
        return _status(202, repository, upload, path)

    async def finish(self, request: Request) -> Response:
        repository, upload, path = self._find(request)
        expected = paths.digest(request.query_params.get("digest"))
        with self._alone(upload):
            await self._receive(request, repository, upload, path)
            try:
                await asyncio.to_thread(self._keep, repository, upload, path, expected)
            finally:
                self._forget(upload, path)
        return _created(repository, expected)

    async def cancel(self, request: Request) -> Response:
        _, upload, path = self._find(request)
        with self._alone(upload):
            self._forget(upload, path)
        return Response(status_code=204)

    async def _mount(self, repository: str, digest: str, source: str | None) -> bool:
        if source is not None and not is_repository(source):
            return False
        return await asyncio.to_thread(self.storage.mount, repository, paths.digest(digest), source)

    async def _receive(self, request: Request, repository: str, upload: str, path: Path) -> None:
        """Add the body, which must begin where the upload stands and be as long as its Content-Range says."""
        size = _size(path)
        header = request.headers.get("content-range")
        announced = None if header is None else _announced(header)
        if announced is not None and announced.start != size:
            message = f"the upload stands at byte {size}; Content-Range was {header!r}"
            raise Refusal(416, "BLOB_UPLOAD_INVALID", message, _where(repository, upload, size))
        try:
            await append(request.stream(), path, self.running.setdefault(upload, Progress()))
        except ClientDisconnect:
            raise Refusal(400, "BLOB_UPLOAD_INVALID", "the client went away") from None
        received = _size(path) - size
        if announced is not None and len(announced) != received:
            os.truncate(path, size)
            self.running.pop(upload, None)
            wrong = f"{received} bytes came, the Content-Range announced {len(announced)}"
            raise Refusal(400, "SIZE_INVALID", wrong)

    def _keep(self, repository: str, upload: str, path: Path, expected: Digest) -> None:
        progress = self.running.get(upload, Progress())
        if expected.algorithm == "sha256" and progress.size == _size(path):
            found = progress.sha256.hexdigest()
        else:
            found = hash_file(path, expected.algorithm)
        if found != expected.hex:
            wrong = f"the content is {expected.algorithm}:{found}, not {expected}"
            raise Refusal(400, "DIGEST_INVALID", wrong)
        self.storage.add_blob(repository, expected, path)

    def _forget(self, upload: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.running.pop(upload, None)

    def _find(self, request: Request) -> tuple[str, str, Path]:
        repository, upload = paths.repository(request), paths.upload(request)
        path = self.storage.upload_path(repository, upload)
        if not path.exists():
            raise Refusal(404, "BLOB_UPLOAD_UNKNOWN", f"{repository} has no upload {upload}")
        return repository, upload, path

    @contextmanager
    def _alone(self, upload: str) -> Iterator[None]:
        """Two writers would mix their bytes; the second is told at once, since the first may hang for long."""
        if upload in self.busy:
            raise Refusal(409, "BLOB_UPLOAD_INVALID", "another request is writing this upload")
        self.busy.add(upload)
        try:
            yield
        finally:
            self.busy.remove(upload)


def _announced(content_range: str) -> range:
    """What is no range begins before the beginning, and so is out of order."""
    match = _CONTENT_RANGE.fullmatch(content_range)
    return range(int(match[1]), int(match[2]) + 1) if match else range(-1, 0)


def _size(path: Path) -> int:
    return path.stat().st_size


def _where(repository: str, upload: str, size: int) -> dict[str, str]:
    """An empty upload says 0-0 as well: the header has no way to say nothing."""
    return {
        "Location": f"/v2/{repository}/blobs/uploads/{upload}",
        "Range": f"0-{max(size - 1, 0)}",
        "Docker-Upload-UUID": upload,
    }


def _status(status: int, repository: str, upload: str, path: Path) -> Response:
    return Response(status_code=status, headers=_where(repository, upload, _size(path)))


def _created(repository: str, digest: Digest) -> Response:
    location = f"/v2/{repository}/blobs/{digest}"
    headers = {"Location": location, "Docker-Content-Digest": str(digest)}
    return Response(status_code=201, headers=headers)
