"""Manifests to and from a registry, always by their own bytes."""

from dataclasses import dataclass

import httpx2

from shipway.model.bundle import Digest
from shipway.oci.connection import Connection
from shipway.oci.errors import NotInRegistry, WrongContent
from shipway.oci.manifest import ACCEPT, Manifest, read_manifest
from shipway.oci.reference import is_digest


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests of one repository, under the name that the registry knows."""

    connection: Connection
    repository: str

    async def get(self, reference: str) -> Manifest:
        found = await self.find(reference)
        if found is None:
            raise NotInRegistry(self.name(reference))
        return found

    async def find(self, reference: str) -> Manifest | None:
        """The digest is computed from the bytes: what headers say of it may be of a converted manifest."""
        url = self._url(reference)
        response = await self.connection.ask("GET", url, 200, 404, headers={"Accept": ACCEPT})
        if response.status_code == 404:
            return None
        content_type = response.headers.get("Content-Type", "")
        manifest = read_manifest(reference, content_type, response.content)
        if is_digest(reference) and manifest.digest != reference:
            raise WrongContent(self.name(reference), manifest.digest)
        return manifest

    async def put(self, reference: str, manifest: Manifest) -> httpx2.Response:
        """Under a tag or its own digest."""
        headers = {"Content-Type": manifest.media_type}
        url = self._url(reference)
        return await self.connection.ask("PUT", url, 201, headers=headers, content=manifest.raw)

    async def delete(self, reference: str) -> None:
        """What is gone already is fine."""
        await self.connection.ask("DELETE", self._url(reference), 200, 202, 404)

    async def has(self, digest: Digest) -> bool:
        headers = {"Accept": ACCEPT}
        response = await self.connection.ask("HEAD", self._url(digest), 200, 404, headers=headers)
        return response.status_code == 200

    async def tags(self) -> list[str]:
        found: list[str] = []
        url = self.connection.url(f"/v2/{self.repository}/tags/list")
        async for response in self.connection.pages(url, 200, 404):
            if response.status_code == 200:
                found += self.connection.parse(response).get("tags") or []
        return found

    def name(self, reference: str) -> str:
        joint = "@" if is_digest(reference) else ":"
        return f"{self.connection.address.host}/{self.repository}{joint}{reference}"

    def _url(self, reference: str) -> httpx2.URL:
        return self.connection.url(f"/v2/{self.repository}/manifests/{reference}")
