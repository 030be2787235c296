"""A registry that is looked at again and again: what a digest names is read once, and kept on this machine."""

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from shipway.model.bundle import Digest, digest
from shipway.oci.auth import CredentialsProvider
from shipway.oci.manifest import Manifest, read_manifest
from shipway.oci.reference import Address, is_digest
from shipway.oci.registry import Registry
from shipway.oci.retry import Patience


class Remembered(Registry):
    """For views, which read many small manifests and records. What a tag names, and who refers to what, is asked each time."""

    def __init__(
        self,
        address: Address,
        credentials: CredentialsProvider | None = None,
        *,
        patience: Patience | None = None,
        folder: Path,
    ) -> None:
        super().__init__(address, credentials, patience=patience)
        self._folder = folder

    async def manifest(self, repository: str, reference: str) -> Manifest:
        if not is_digest(reference):
            return await super().manifest(repository, reference)
        kept = self._recall(reference)
        if kept is not None:
            return read_manifest(reference, "", kept)
        found = await super().manifest(repository, reference)
        if found.content.get("mediaType") == found.media_type:
            self._remember(reference, found.raw)
        return found

    async def blob(self, repository: str, digest: Digest) -> bytes:
        kept = self._recall(digest)
        if kept is None:
            kept = await super().blob(repository, digest)
            self._remember(digest, kept)
        return kept

    def _recall(self, named: Digest) -> bytes | None:
        """None for what is not there, or is damaged."""
        try:
            found = self._file(named).read_bytes()
        except OSError:
            return None
        return found if digest(found) == named else None

    def _remember(self, named: Digest, content: bytes) -> None:
        """A look does not fail because nothing can be kept."""
        file = self._file(named)
        fresh = file.with_name(f"{file.name}.{uuid4().hex}")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(content)
            fresh.replace(file)

    def _file(self, named: Digest) -> Path:
        return self._folder / named.replace(":", "-")
