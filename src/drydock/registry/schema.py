"""What a manifest must look like before it is kept (image spec 1.1, manifest.md and image-index.md)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from drydock.registry.errors import Refusal
from drydock.registry.names import Digest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

MediaType = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][^\s]*\Z")]
AnyDigest = Annotated[
    str, Meta(pattern=r"^(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}|(?!sha)[a-z0-9+._-]+:[\w=-]+)\Z")
]
Annotations = dict[str, str]


class Descriptor(Struct, rename="camel", frozen=True):
    media_type: MediaType
    digest: AnyDigest
    size: Annotated[int, Meta(ge=0)]
    urls: list[str] | None = None
    annotations: Annotations | None = None

    @property
    def is_elsewhere(self) -> bool:
        """A layer that a registry need not hold: it may not be distributed, or has addresses of its own."""
        return "nondistributable" in self.media_type or "foreign" in self.media_type


class Manifest(Struct, rename="camel", frozen=True):
    """Any manifest. Of a media type that we do not know, only this much is checked."""

    media_type: MediaType | None = None
    artifact_type: MediaType | None = None
    subject: Descriptor | None = None
    annotations: Annotations | None = None

    @property
    def kind(self) -> str | None:
        """What a referrers list shows as its artifactType (distribution spec, Listing Referrers)."""
        return self.artifact_type

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        return ()

    @property
    def children(self) -> tuple[Descriptor, ...]:
        return ()


class ImageManifest(Manifest, rename="camel", frozen=True, kw_only=True):
    schema_version: Literal[2]
    config: Descriptor
    layers: list[Descriptor]
    manifests: None = None  # one that is both would be read two ways

    @property
    def kind(self) -> str | None:
        return self.artifact_type or self.config.media_type

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        return (self.config, *(layer for layer in self.layers if not layer.is_elsewhere))


class ImageIndex(Manifest, rename="camel", frozen=True, kw_only=True):
    schema_version: Literal[2]
    manifests: list[Descriptor]
    config: None = None
    layers: None = None

    @property
    def children(self) -> tuple[Descriptor, ...]:
        return tuple(self.manifests)


SHAPES: dict[str, type[Manifest]] = {
    MANIFEST: ImageManifest,
    DOCKER_MANIFEST: ImageManifest,
    INDEX: ImageIndex,
    DOCKER_INDEX: ImageIndex,
}


def read(content_type: str, raw: bytes) -> tuple[str, Manifest]:
    """The media type and the manifest, or the refusal of one that is not what its Content-Type says."""
    declared = content_type.partition(";")[0].strip()
    media_type = declared or _decode(Manifest, "manifest", raw).media_type
    if media_type is None:
        raise Refusal(400, "MANIFEST_INVALID", "neither a Content-Type nor a mediaType")
    manifest = _decode(SHAPES.get(media_type, Manifest), media_type, raw)
    if manifest.media_type not in {None, media_type}:
        said = (
            f"the manifest says mediaType {manifest.media_type}, its Content-Type is {media_type}"
        )
        raise Refusal(400, "MANIFEST_INVALID", said)
    return media_type, manifest


def _decode(shape: type[Manifest], name: str, raw: bytes) -> Manifest:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(400, "MANIFEST_INVALID", f"not a valid {name}: {error}") from error


def subject_of(manifest: Manifest) -> Digest | None:
    return None if manifest.subject is None else Digest.parse(manifest.subject.digest)


def referrer(digest: str, media_type: str, raw: bytes) -> dict[str, Any]:
    """The descriptor under which a manifest is listed as a referrer."""
    _, manifest = read(media_type, raw)
    return {
        "mediaType": media_type,
        "digest": digest,
        "size": len(raw),
        **({"artifactType": manifest.kind} if manifest.kind else {}),
        **({"annotations": manifest.annotations} if manifest.annotations else {}),
    }
