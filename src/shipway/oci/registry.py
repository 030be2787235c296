"""The client of an OCI registry: images, charts and records, by digest first and by tag last."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from shipway.model.bundle import Digest
from shipway.oci.artifact import MANIFEST, Artifact, Blob, Descriptor
from shipway.oci.auth import CredentialsProvider
from shipway.oci.blobs import Blobs
from shipway.oci.connection import Connection
from shipway.oci.errors import BadReference, NoPlatform, RegistryRefused, TagTaken
from shipway.oci.manifest import Manifest
from shipway.oci.manifests import Manifests
from shipway.oci.reference import Address, is_digest, is_repository, is_tag
from shipway.oci.referrers import Referrers
from shipway.oci.retry import Patience

PARALLEL = 4  # blobs on their way at once

OnProgress = Callable[[int, int], None]
"""Hears bytes done and bytes in all. What the registry has already is done at once."""


class Registry:
    """Repositories are named without the address's prefix. Every error is a ShipwayError."""

    def __init__(
        self,
        address: Address,
        credentials: CredentialsProvider | None = None,
        *,
        patience: Patience | None = None,
    ) -> None:
        self.address = address
        self._connection = Connection(address, credentials, patience or Patience())
        self._listing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connection.aclose()

    async def manifest(self, repository: str, reference: str) -> Manifest:
        """By tag or digest. NotInRegistry where there is none, WrongContent where its bytes are of another digest."""
        return await self._manifests(repository).get(_checked(reference))

    async def digest_of(self, repository: str, tag: str) -> Digest | None:
        found = await self._manifests(repository).find(_checked(tag))
        return found.digest if found else None

    async def resolve_platform(
        self, repository: str, reference: str, os: str, architecture: str
    ) -> Manifest:
        """The manifest for one platform, from an index or, where it fits, the image itself."""
        manifests = self._manifests(repository)
        manifest = await manifests.get(_checked(reference))
        wanted = (os, architecture)
        if manifest.is_index:
            children = [
                (it.get("platform") or {}, it["digest"]) for it in manifest.content["manifests"]
            ]
            platforms = [
                (platform.get("os"), platform.get("architecture")) for platform, _ in children
            ]
            if wanted in platforms:
                return await manifests.get(children[platforms.index(wanted)][1])
        else:
            config = json.loads(await self.blob(repository, manifest.content["config"]["digest"]))
            platforms = [(config.get("os"), config.get("architecture"))]
            if wanted in platforms:
                return manifest
        available = [f"{system}/{machine}" for system, machine in platforms if system != "unknown"]
        raise NoPlatform(manifests.name(reference), f"{os}/{architecture}", available)

    async def has_blob(self, repository: str, digest: Digest) -> bool:
        return await self._blobs(repository).has(_checked(digest))

    async def blob(self, repository: str, digest: Digest) -> bytes:
        """In memory: for configs and records. A layer is for `download`."""
        return await self._blobs(repository).read(_checked(digest))

    async def download(self, repository: str, digest: Digest, path: Path) -> None:
        """`path` appears whole and checked, or not at all."""
        await self._blobs(repository).download(_checked(digest), path)

    async def upload(
        self, repository: str, artifact: Artifact, *, on_progress: OnProgress | None = None
    ) -> Descriptor:
        """Blobs, then the manifest by its digest: no tag names it yet. Again is cheap and the same."""
        blobs = {blob.descriptor.digest: blob for blob in (artifact.config, *artifact.layers)}
        await _send(self._blobs(repository), tuple(blobs.values()), on_progress)
        await self._keep(repository, artifact)
        return artifact.descriptor

    async def tag(self, repository: str, digest: Digest, tag: str) -> None:
        """Name what is there already. A tag is never moved, except those that begin with `latest`: TagTaken."""
        manifests = self._manifests(repository)
        manifest = await manifests.get(_checked(digest))
        if await self.has_tag(repository, digest, tag):
            return
        try:
            await manifests.put(tag, manifest)
        except RegistryRefused as refusal:
            if not _says_taken(refusal):
                raise
            existing = await manifests.find(tag)
            raise TagTaken(
                manifests.name(tag), digest, existing.digest if existing else None
            ) from refusal

    async def has_tag(self, repository: str, digest: Digest, tag: str) -> bool:
        """Whether `tag` names it already. TagTaken where it names something else and is never moved."""
        existing = await self.digest_of(repository, tag)
        if existing not in {None, digest} and not tag.startswith("latest"):
            raise TagTaken(self._manifests(repository).name(tag), digest, existing)
        return existing == digest

    async def tags(self, repository: str) -> list[str]:
        """Empty for a repository that is not there."""
        return await self._manifests(repository).tags()

    async def referrers(
        self, repository: str, digest: Digest, artifact_type: str | None = None
    ) -> list[Descriptor]:
        """What refers to a manifest, which itself need not be there."""
        return await self._referrers(repository).of(_checked(digest), artifact_type)

    async def delete(self, repository: str, reference: str) -> None:
        """By tag: the name. By digest: the manifest and its names. What is gone already is fine."""
        manifests = self._manifests(repository)
        if is_tag(_checked(reference)):
            await manifests.delete(reference)
            return
        manifest = await manifests.find(reference)
        await manifests.delete(reference)
        if manifest is not None and manifest.subject is not None:
            await self._referrers(repository).drop(manifest.subject.digest, reference)

    async def _keep(self, repository: str, artifact: Artifact) -> None:
        """Put the manifest by its digest unless it is there: ECR refuses the same one twice."""
        manifests, referrers = self._manifests(repository), self._referrers(repository)
        manifest = Manifest(MANIFEST, artifact.digest, artifact.manifest)
        subject = artifact.subject
        known = await manifests.has(artifact.digest)
        if subject is None:
            if not known:
                await manifests.put(artifact.digest, manifest)
            return
        listed = await referrers.of(subject.digest, None)
        if known and any(it.digest == artifact.digest for it in listed):
            return
        response = await manifests.put(artifact.digest, manifest)
        if "OCI-Subject" not in response.headers:
            await referrers.keep(subject.digest, artifact.as_referrer)

    def _blobs(self, repository: str) -> Blobs:
        return Blobs(self._connection, self._name(repository))

    def _manifests(self, repository: str) -> Manifests:
        return Manifests(self._connection, self._name(repository))

    def _referrers(self, repository: str) -> Referrers:
        return Referrers(self._connection, self._name(repository), self._listing)

    def _name(self, repository: str) -> str:
        name = self.address.name(repository)
        if not is_repository(name):
            raise BadReference(name, "is not a repository name")
        return name


async def _send(blobs: Blobs, contents: Sequence[Blob], on_progress: OnProgress | None) -> None:
    """Several at once. The first error stops the others, and is the one to hear of."""
    total = sum(blob.descriptor.size for blob in contents)
    done = 0
    turn = asyncio.Semaphore(PARALLEL)

    def hear(more: int) -> None:
        nonlocal done
        done += more
        if on_progress is not None:
            on_progress(done, total)

    async def send(blob: Blob) -> None:
        async with turn:
            await blobs.send(blob, hear)

    try:
        async with asyncio.TaskGroup() as group:
            for blob in contents:
                group.create_task(send(blob))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


def _checked(reference: str) -> str:
    if not (is_tag(reference) or is_digest(reference)):
        raise BadReference(reference, "is neither a tag nor a digest")
    return reference


def _says_taken(refusal: RegistryRefused) -> bool:
    """409 with drydock, 412 with Harbor, 400 and this code with ECR."""
    return refusal.status in {409, 412} or refusal.code == "TAG_INVALID"
