"""What we push: blobs and the manifest that names them, as bytes that are ready before any registry is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shipway.model.bundle import Digest, canonical, digest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
EMPTY = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content, as the OCI image spec shapes it (descriptor.md)."""

    media_type: str
    digest: Digest
    size: int  # bytes
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
            **({"artifactType": self.artifact_type} if self.artifact_type else {}),
            **({"annotations": dict(self.annotations)} if self.annotations else {}),
        }


@dataclass(frozen=True, slots=True)
class Blob:
    """Content in memory or in a file. `source` is the repository of the same registry it can be mounted from."""

    descriptor: Descriptor
    content: bytes | Path | None = field(repr=False)  # None: only mounted, never sent
    source: str | None = None

    @classmethod
    def of(cls, media_type: str, content: bytes) -> "Blob":
        return cls(Descriptor(media_type, digest(content), len(content)), content)


@dataclass(frozen=True, slots=True)
class Artifact:
    """An image, a chart or a record: one manifest over a config blob and layers (image spec 1.1, manifest.md)."""

    config: Blob
    layers: tuple[Blob, ...]
    artifact_type: str | None = None
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def manifest(self) -> bytes:
        return canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self.config.descriptor.to_json(),
                "layers": [layer.descriptor.to_json() for layer in self.layers],
                **({"artifactType": self.artifact_type} if self.artifact_type else {}),
                **({"subject": self.subject.to_json()} if self.subject else {}),
                **({"annotations": dict(self.annotations)} if self.annotations else {}),
            }
        )

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(MANIFEST, digest(self.manifest), len(self.manifest), self.artifact_type)

    @property
    def digest(self) -> Digest:
        return self.descriptor.digest

    @property
    def as_referrer(self) -> Descriptor:
        """How a list of referrers shows it (distribution spec, Listing Referrers)."""
        kind = self.artifact_type or self.config.descriptor.media_type
        return replace(self.descriptor, artifact_type=kind, annotations=self.annotations)
