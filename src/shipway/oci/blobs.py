"""Blobs to and from a registry, streamed and checked against their digests."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx2

from shipway.errors import ShipwayError
from shipway.model.bundle import Digest
from shipway.oci.artifact import Blob
from shipway.oci.connection import Connection
from shipway.oci.errors import NoRepository, NotInRegistry, RegistryRefused, WrongContent

PIECE = 1 << 20  # bytes

Heard = Callable[[int], None]
"""Hears how many bytes more are there; fewer than none where they have to be sent again."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """The blobs of one repository, under the name that the registry knows."""

    connection: Connection
    repository: str

    async def has(self, digest: Digest) -> bool:
        return (await self.connection.ask("HEAD", self._url(digest), 200, 404)).status_code == 200

    async def read(self, digest: Digest) -> bytes:
        pieces: list[bytes] = []

        async def attempt() -> None:
            pieces.clear()
            await self._pull(digest, pieces.append)

        await self.connection.patience.retry(attempt)
        return b"".join(pieces)

    async def download(self, digest: Digest, path: Path) -> None:
        """`path` appears whole and checked, or not at all."""
        draft = path.with_name(f".{path.name}.{uuid4().hex}")

        async def attempt() -> None:
            with await asyncio.to_thread(draft.open, "wb") as file:
                await self._pull(digest, file.write)

        try:
            await self.connection.patience.retry(attempt)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    async def send(self, blob: Blob, heard: Heard) -> None:
        """Nothing is sent that is there, or that can be mounted."""
        await self.connection.patience.retry(lambda: self._push(blob, heard))

    async def _pull(self, digest: Digest, take: Callable[[bytes], object]) -> None:
        algorithm = digest.partition(":")[0]
        hashed = hashlib.new(algorithm)

        def keep(piece: bytes) -> None:
            hashed.update(piece)
            take(piece)

        try:
            async with self.connection.stream(self._url(digest)) as response:
                async for piece in response.aiter_raw(PIECE):
                    await asyncio.to_thread(keep, piece)
        except RegistryRefused as refusal:
            if refusal.status == 404:
                raise NotInRegistry(self._name(digest)) from refusal
            raise
        found = f"{algorithm}:{hashed.hexdigest()}"
        if found != digest:
            raise WrongContent(self._name(digest), found)

    async def _push(self, blob: Blob, heard: Heard) -> None:
        """One whole upload. A broken one is begun anew: the session may have gone with the registry."""
        known = await self.connection.once("HEAD", self._url(blob.descriptor.digest), 200, 404)
        if known.status_code == 200:
            heard(blob.descriptor.size)
            return
        started = await self._start(blob)
        if started.status_code == 201:
            heard(blob.descriptor.size)
            return
        session = self.connection.location(started)
        if blob.content is None:
            with suppress(ShipwayError):  # the registry forgets it in time anyway
                await self.connection.once("DELETE", session, 204)
            raise NotInRegistry(self._name(blob.descriptor.digest))
        body = _Body(blob.content, heard)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(blob.descriptor.size),
        }
        url = _with_digest(session, blob.descriptor.digest)
        try:
            await self.connection.once("PUT", url, 201, headers=headers, content=body)
        except ShipwayError:
            heard(-body.sent)
            raise

    async def _start(self, blob: Blob) -> httpx2.Response:
        query = ""
        if blob.source is not None:
            source = quote(self.connection.address.name(blob.source), safe="")
            query = f"?mount={quote(blob.descriptor.digest, safe='')}&from={source}"
        url = self.connection.url(f"/v2/{self.repository}/blobs/uploads/{query}")
        response = await self.connection.once("POST", url, 201, 202, 404)
        if response.status_code == 404:
            raise NoRepository(self.connection.address.host, self.repository)
        return response

    def _url(self, digest: Digest) -> httpx2.URL:
        return self.connection.url(f"/v2/{self.repository}/blobs/{digest}")

    def _name(self, digest: Digest) -> str:
        return f"{self.connection.address.host}/{self.repository}@{digest}"


def _with_digest(session: httpx2.URL, digest: Digest) -> httpx2.URL:
    """The query of the Location stays as it is, to the letter: some registries have signed it."""
    path = session.raw_path.decode()
    joint = "&" if "?" in path else "?"
    return session.copy_with(raw_path=f"{path}{joint}digest={quote(digest, safe=':')}".encode())


@dataclass(slots=True)
class _Body:
    """Content that can be sent more than once: a 401 may ask for it again."""

    content: bytes | Path
    heard: Heard
    sent: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.heard(-self.sent)
        self.sent = 0
        async for piece in _pieces(self.content):
            yield piece
            self.sent += len(piece)
            self.heard(len(piece))


async def _pieces(content: bytes | Path) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
        return
    with await asyncio.to_thread(content.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
