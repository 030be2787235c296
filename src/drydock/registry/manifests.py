"""Keeping and handing out manifests, and the tags that name them."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from drydock.registry import paths, schema
from drydock.registry.errors import Refusal
from drydock.registry.names import Digest, is_tag
from drydock.registry.schema import Manifest
from drydock.registry.storage import Immutable, Storage
from drydock.registry.validators import etag, is_known

LIMIT = 4 << 20  # bytes: what the spec asks a registry to accept at least


@dataclass(frozen=True)
class Manifests:
    storage: Storage
    is_movable: Callable[[str], bool]

    def get(self, request: Request) -> Response:
        """GET and HEAD. The stored bytes and media type, whatever the client accepts: converting would change the digest."""
        repository, reference = paths.repository(request), _reference(request)
        digest = self.storage.resolve(repository, reference)
        found = self.storage.manifest(repository, str(digest))
        if digest is None or found is None:
            raise _unknown(repository, reference)
        media_type, raw = found
        headers = {
            "Content-Type": media_type,
            "Docker-Content-Digest": str(digest),
            "ETag": etag(digest),
        }
        if is_known(request.headers, digest):
            return Response(status_code=304, headers=headers)
        return Response(raw, headers=headers)

    async def put(self, request: Request) -> Response:
        repository, reference = paths.repository(request), _reference(request)
        raw = await _body(request)
        content_type = request.headers.get("content-type", "")
        return await asyncio.to_thread(self._keep, repository, reference, content_type, raw)

    def delete(self, request: Request) -> Response:
        repository, reference = paths.repository(request), _reference(request)
        if is_tag(reference):
            found = self.storage.delete_tag(repository, reference)
        else:
            found = self._delete_manifest(repository, paths.digest(reference))
        if not found:
            raise _unknown(repository, reference)
        return Response(status_code=202)

    def _delete_manifest(self, repository: str, digest: Digest) -> bool:
        kept = self.storage.manifest(repository, str(digest))
        if kept is None:
            return False
        _, manifest = schema.read(*kept)
        return self.storage.delete_manifest(repository, digest, schema.subject_of(manifest))

    def _keep(self, repository: str, reference: str, content_type: str, raw: bytes) -> Response:
        media_type, manifest = schema.read(content_type, raw)
        digest = _digest(reference, raw)
        subject = schema.subject_of(manifest)
        tag = reference if is_tag(reference) else None
        movable = self.is_movable(reference)
        try:
            with self.storage.using(repository):
                self._require_content(repository, manifest)
                self.storage.add_manifest(
                    repository, digest, media_type, raw, subject=subject, tag=tag, movable=movable
                )
        except Immutable as taken:
            raise Refusal(409, "TAG_INVALID", _immutable(repository, taken)) from taken
        headers = {
            "Location": f"/v2/{repository}/manifests/{digest}",
            "Docker-Content-Digest": str(digest),
            **({"OCI-Subject": str(subject)} if subject else {}),
        }
        return Response(status_code=201, headers=headers)

    def _require_content(self, repository: str, manifest: Manifest) -> None:
        missing = [
            *(it.digest for it in manifest.blobs if self._lacks_blob(repository, it.digest)),
            *(it.digest for it in manifest.children if self._lacks_manifest(repository, it.digest)),
        ]
        if missing:
            message = f"{repository} has no {', '.join(missing)}"
            raise Refusal(404, "MANIFEST_BLOB_UNKNOWN", message)

    def _lacks_blob(self, repository: str, digest: str) -> bool:
        return self.storage.blob_path(repository, digest) is None

    def _lacks_manifest(self, repository: str, digest: str) -> bool:
        return self.storage.manifest(repository, digest) is None


def _reference(request: Request) -> str:
    reference: str = request.path_params["reference"]
    if is_tag(reference):
        return reference
    if ":" in reference:
        return str(paths.digest(reference))
    raise Refusal(400, "TAG_INVALID", f"{reference} is neither a tag nor a digest")


def _digest(reference: str, raw: bytes) -> Digest:
    """The digest to keep it under: of the algorithm that the client chose, and it must be right."""
    expected = Digest.parse(reference)
    algorithm = "sha256" if expected is None else expected.algorithm
    found = Digest(algorithm, hashlib.new(algorithm, raw).hexdigest())
    if expected not in {None, found}:
        raise Refusal(400, "DIGEST_INVALID", f"the content is {found}, not {expected}")
    return found


def _immutable(repository: str, taken: Immutable) -> str:
    return (
        f"tag {taken.tag} of {repository} is {taken.digest} and immutable;"
        " push under another tag, or the same content"
    )


async def _body(request: Request) -> bytes:
    too_large = Refusal(413, "SIZE_INVALID", f"a manifest may have {LIMIT} bytes")
    if paths.size(request) > LIMIT:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise too_large
    return bytes(body)


def _unknown(repository: str, reference: str) -> Refusal:
    return Refusal(404, "MANIFEST_UNKNOWN", f"{repository} has no manifest {reference}")
