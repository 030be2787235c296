"""Who refers to a manifest: the referrers API, and the tag that stands in for it (distribution spec, Referrers Tag Schema)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from shipway.model.bundle import Digest
from shipway.oci.artifact import INDEX, Descriptor
from shipway.oci.connection import Connection
from shipway.oci.errors import RegistryRefused
from shipway.oci.manifest import index_of, read_descriptor
from shipway.oci.manifests import Manifests

TRIES = 5  # at the fallback tag, which another writer may move under us


@dataclass(frozen=True, slots=True)
class Referrers:
    """Those of one repository, under the name that the registry knows.

    The tag is read, changed and written back, and no registry offers to compare first. `writing` keeps the writers of
    this client apart; against others there is a second look, which leaves a moment in which an entry can be lost.
    """

    connection: Connection
    repository: str
    writing: asyncio.Lock

    async def of(self, subject: Digest, artifact_type: str | None) -> list[Descriptor]:
        found = await self._from_api(subject)
        if found is None:
            found = await self._from_tag(subject)
        return [it for it in found if artifact_type in {None, it.artifact_type}]

    async def keep(self, subject: Digest, referrer: Descriptor) -> None:
        """Add it to the tag. For a registry that did not say OCI-Subject when it took the manifest."""
        async with self.writing:
            for _ in range(TRIES):
                found = await self._from_tag(subject)
                if any(it.digest == referrer.digest for it in found):
                    return
                await self._write_tag(subject, [*found, referrer])
        busy = "others keep writing this list of referrers"
        raise RegistryRefused(f"tag {fallback_tag(subject)}", 409, message=busy)

    async def drop(self, subject: Digest, referrer: Digest) -> None:
        """Take it from the tag, where the registry has no referrers API."""
        if await self._from_api(subject) is not None:
            return
        async with self.writing:
            found = await self._from_tag(subject)
            left = [it for it in found if it.digest != referrer]
            if left != found:
                await self._write_tag(subject, left)

    async def _from_api(self, subject: Digest) -> list[Descriptor] | None:
        """None where there is no such API. Never filtered by the registry: not every one can, and the lists are short."""
        found: list[Descriptor] = []
        url = self.connection.url(f"/v2/{self.repository}/referrers/{subject}")
        async for response in self.connection.pages(url, 200, 404, 405):
            content_type = response.headers.get("Content-Type", "").partition(";")[0]
            if response.status_code != 200 or content_type != INDEX:
                return None
            index = self.connection.parse(response)
            found += [read_descriptor(it) for it in index.get("manifests") or []]
        return found

    async def _from_tag(self, subject: Digest) -> list[Descriptor]:
        index = await self._manifests.find(fallback_tag(subject))
        if index is None:
            return []
        return [read_descriptor(it) for it in index.content.get("manifests") or []]

    async def _write_tag(self, subject: Digest, descriptors: Iterable[Descriptor]) -> None:
        await self._manifests.put(fallback_tag(subject), index_of(descriptors))

    @property
    def _manifests(self) -> Manifests:
        return Manifests(self.connection, self.repository)


def fallback_tag(subject: Digest) -> str:
    algorithm, _, hexadecimal = subject.partition(":")
    return f"{algorithm[:32]}-{hexadecimal[:64]}"
