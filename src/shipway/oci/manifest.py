"""A manifest as it came: its bytes, and the little we read from them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shipway.model.bundle import Digest, canonical, digest
from shipway.oci.artifact import DOCKER_INDEX, DOCKER_MANIFEST, INDEX, MANIFEST, Descriptor
from shipway.oci.reference import is_digest

ACCEPT = f"{MANIFEST}, {INDEX}, {DOCKER_MANIFEST}, {DOCKER_INDEX}"


@dataclass(frozen=True, slots=True)
class Manifest:
    media_type: str
    digest: Digest  # computed from `raw`
    raw: bytes = field(repr=False)

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def descriptor(self) -> Descriptor:
        kind = self.content.get("artifactType")
        return Descriptor(self.media_type, self.digest, len(self.raw), kind)

    @property
    def is_index(self) -> bool:
        return self.media_type in {INDEX, DOCKER_INDEX}

    @property
    def subject(self) -> Descriptor | None:
        found = self.content.get("subject")
        return read_descriptor(found) if found else None


def read_manifest(reference: str, content_type: str, raw: bytes) -> Manifest:
    """The digest is of the algorithm of `reference` where that is a digest, so that the two can be compared."""
    media_type = content_type.partition(";")[0].strip()
    algorithm = reference.partition(":")[0] if is_digest(reference) else "sha256"
    found = f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"
    return Manifest(media_type or json.loads(raw)["mediaType"], found, raw)


def read_descriptor(found: dict[str, Any]) -> Descriptor:
    return Descriptor(
        found["mediaType"],
        found["digest"],
        found["size"],
        found.get("artifactType"),
        found.get("annotations") or {},
    )


def index_of(descriptors: Iterable[Descriptor]) -> Manifest:
    raw = canonical(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [descriptor.to_json() for descriptor in descriptors],
        }
    )
    return Manifest(INDEX, digest(raw), raw)
