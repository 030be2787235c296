"""Bundles in a registry: stored beside the image, found again by tag or by id.

A bundle is an OCI artifact whose subject is the image. Its first layer is the bundle's own JSON, whose
sha256 is the bundle's id; one layer per environment follows, with the values file as it was built.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from shipway.errors import REFUSED, ShipwayError
from shipway.model.bundle import Bundle, Digest, first_digits, means
from shipway.oci.artifact import EMPTY, Artifact, Blob, Descriptor
from shipway.oci.reference import is_digest
from shipway.oci.registry import Registry

BUNDLE = "application/vnd.shipway.bundle.v1+json"
VALUES = "application/vnd.shipway.values.v1+yaml"
ENVIRONMENT = "dev.shipway.environment"
BY_ID = re.compile(r"bundle-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Released:
    """A bundle with the values files it speaks of: all that a deploy needs."""

    bundle: Bundle
    values: Mapping[str, str]  # by environment: the file's text


@dataclass(eq=False)
class NoSuchRelease(ShipwayError):
    exit_code: ClassVar[int] = REFUSED

    reference: str
    registry: str
    known: tuple[str, ...]
    otherwise: str  # what to do, which depends on what it was wanted for

    @property
    def problem(self) -> str:
        known = f"it holds {', '.join(self.known)}" if self.known else "it holds none yet"
        return f"{self.registry} holds no release {self.reference}; {known}"

    @property
    def remedy(self) -> str:
        return self.otherwise


def bundle_tag(reference: str) -> str:
    """The tag a bundle is found by, from the image's tag or from the bundle's id.

    `v1` becomes `v1.bundle`; `sha256:3fa9…` becomes `bundle-3fa9…` with the id's first 16 digits.
    """
    if reference.startswith("sha256:"):
        return f"bundle-{reference.removeprefix('sha256:')[:16]}"
    return f"{reference}.bundle"


def pack(released: Released, image: Descriptor) -> Artifact:
    layers = [Blob.of(BUNDLE, released.bundle.to_json())]
    for environment, text in sorted(released.values.items()):
        plain = Blob.of(VALUES, text.encode())
        named = Descriptor(
            VALUES,
            plain.descriptor.digest,
            plain.descriptor.size,
            annotations={ENVIRONMENT: environment},
        )
        layers.append(Blob(named, plain.content))
    return Artifact(
        config=Blob.of(EMPTY, b"{}"),
        layers=tuple(layers),
        artifact_type=BUNDLE,
        subject=image,
    )


async def push(registry: Registry, released: Released, image: Descriptor) -> None:
    """The bundle's tags come last: what they name is complete."""
    bundle = released.bundle
    repository = bundle.image.repository
    stored = await registry.upload(repository, pack(released, image))
    await registry.tag(repository, stored.digest, bundle_tag(bundle.id))
    await registry.tag(repository, stored.digest, bundle_tag(bundle.tag))


async def check(registry: Registry, released: Released, image: Descriptor) -> None:
    """TagTaken where `push` would have to rename another release."""
    bundle = released.bundle
    digest = pack(released, image).digest
    await registry.has_tag(bundle.image.repository, digest, bundle_tag(bundle.tag))


async def find(
    registry: Registry, repository: str, reference: str, *, otherwise: str = "shipway build"
) -> Released:
    """By tag, by bundle id or by its first digits. NoSuchRelease names those there are, and says what to do `otherwise`."""
    found = await peek(registry, repository, reference)
    if found is None and (digits := first_digits(reference)):
        found = await _peek_by(registry, repository, digits)
    if found is None:
        there = await known(registry, repository)
        raise NoSuchRelease(reference, f"{registry.address.host}/{repository}", there, otherwise)
    return found


async def known(registry: Registry, repository: str) -> tuple[str, ...]:
    """The tags of all releases: each has its bundle beside it."""
    tags = await registry.tags(repository)
    return tuple(tag.removesuffix(".bundle") for tag in tags if tag.endswith(".bundle"))


async def peek(registry: Registry, repository: str, reference: str) -> Released | None:
    """By tag or by bundle id; None where there is no such release."""
    digest = await registry.digest_of(repository, bundle_tag(reference))
    if digest is None:
        return None
    released = await _unpack(registry, repository, digest)
    # its tag holds no more than an id's first digits, and anybody may set it
    return None if is_digest(reference) and released.bundle.id != reference else released


async def _peek_by(registry: Registry, repository: str, digits: str) -> Released | None:
    """None also where several bundles begin so."""
    tags = await registry.tags(repository)
    found = [tag for tag in tags if BY_ID.fullmatch(tag) and _begins(tag, digits)]
    if len(found) != 1:
        return None
    digest = await registry.digest_of(repository, found[0])
    released = await _unpack(registry, repository, digest) if digest else None
    return released if released and means(digits, released.bundle.id) else None


def _begins(tag: str, digits: str) -> bool:
    held = tag.removeprefix("bundle-")
    return digits.startswith(held) or held.startswith(digits)


async def _unpack(registry: Registry, repository: str, digest: Digest) -> Released:
    manifest = msgspec.json.decode((await registry.manifest(repository, digest)).raw)
    first, *rest = manifest["layers"]
    values = {
        layer["annotations"][ENVIRONMENT]: (await registry.blob(repository, layer["digest"]))
        for layer in rest
    }
    return Released(
        Bundle.from_json(await registry.blob(repository, first["digest"])),
        {environment: raw.decode() for environment, raw in values.items()},
    )
