"""The image below ours: its layers, taken as they are, and what its configuration says."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from shipway.aws.repository import region_of
from shipway.errors import USAGE, ShipwayError
from shipway.images.cache import Layer
from shipway.images.layer import LAYER
from shipway.model.bundle import Digest
from shipway.oci.artifact import Blob, Descriptor
from shipway.oci.errors import (
    NoPlatform,
    NotInRegistry,
    RegistryRefused,
    RegistryUnreachable,
    Unauthorized,
)
from shipway.oci.reference import Reference
from shipway.shell.at_once import at_once

_AS_OCI = {"application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER}
"""The same bytes under OCI's name: our manifest is an OCI manifest, which may not mix."""


class Manifest(Protocol):
    @property
    def digest(self) -> Digest: ...
    @property
    def raw(self) -> bytes: ...


class Registry(Protocol):
    """What we ask of shipway.oci.registry.Registry, with repositories as they are named there."""

    async def resolve_platform(
        self, repository: str, reference: str, os: str, architecture: str
    ) -> Manifest: ...
    async def blob(self, repository: str, digest: Digest) -> bytes: ...
    async def download(self, repository: str, digest: Digest, path: Path) -> object: ...


@dataclass(eq=False)
class BaseUnusable(ShipwayError):
    """A base image that this application cannot stand on."""

    exit_code: ClassVar[int] = USAGE

    base: str
    reason: str

    @property
    def problem(self) -> str:
        return f"base image {self.base} cannot be used: {self.reason}"

    @property
    def remedy(self) -> str:
        return (
            "name another in image.base of shipway.yaml, such as docker.io/library/python:3.12-slim"
        )


@dataclass(eq=False)
class BaseUnreachable(ShipwayError):
    base: str
    reason: str
    way: str

    @property
    def problem(self) -> str:
        return f"base image {self.base} cannot be read: {self.reason}"

    @property
    def remedy(self) -> str:
        return self.way


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    digest: Digest
    config: dict[str, Any]
    layers: tuple[Layer, ...]

    @property
    def python(self) -> str | None:
        """The minor version. Python's own images say theirs in PYTHON_VERSION."""
        env = dict(line.split("=", 1) for line in self.config.get("config", {}).get("Env") or ())
        version = env.get("PYTHON_VERSION")
        return ".".join(version.split(".")[:2]) if version else None


async def look(base: str, os: str, architecture: str, *, registry: Registry, cache: Path) -> Base:
    """What it is. Its layers are for `cache`, by digest. They know their repository: a registry that has them mounts them."""
    reference = Reference.parse(base)
    with _readable(base, reference):
        manifest = await registry.resolve_platform(
            reference.repository,
            reference.digest or reference.tag or "latest",
            os,
            architecture,
        )
        found = json.loads(manifest.raw)
        config = json.loads(await registry.blob(reference.repository, found["config"]["digest"]))
    blobs = [_blob(layer, reference, base, cache) for layer in found["layers"]]
    diff_ids = config["rootfs"]["diff_ids"]
    layers = tuple(Layer(diff_id, blob) for diff_id, blob in zip(diff_ids, blobs, strict=True))
    return Base(base, manifest.digest, config, layers)


async def fetch(base: Base, *, registry: Registry) -> None:
    """Its layers, those that are not there yet."""
    reference = Reference.parse(base.name)
    with _readable(base.name, reference):
        async with at_once() as group:
            for layer in base.layers:
                group.create_task(_fetch(layer.blob, reference, registry))


@contextmanager
def _readable(base: str, reference: Reference) -> Iterator[None]:
    try:
        yield
    except NoPlatform as other:
        raise BaseUnusable(base, other.problem) from other
    except Unauthorized as refused:
        raise BaseUnreachable(base, refused.problem, _way_in(reference)) from refused
    except NotInRegistry as missing:
        way = "correct image.base in shipway.yaml"
        raise BaseUnreachable(base, missing.problem, way) from missing
    except RegistryRefused as refused:
        way = f"try again later, or {_copy(reference)}"
        raise BaseUnreachable(base, refused.problem, way) from refused
    except RegistryUnreachable as silent:
        way = f"check the network and its proxy, or {_copy(reference)}"
        raise BaseUnreachable(base, silent.problem, way) from silent


def _way_in(reference: Reference) -> str:
    """Some registries say of an image that is not there that nobody may read it."""
    if region_of(reference.host):
        return (
            "give this identity ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository "
            f"{reference.repository}, in its policy too where it is another account's"
        )
    return f"correct image.base in shipway.yaml, or {_copy(reference)}"


def _copy(reference: Reference) -> str:
    return (
        f"copy it to a registry that can be read, such as your ECR (its login is used): "
        f"docker pull {reference}, docker tag, docker push; then name the copy in image.base"
    )


def _blob(layer: dict[str, Any], reference: Reference, base: str, cache: Path) -> Blob:
    media_type = layer["mediaType"]
    if "foreign" in media_type or "nondistributable" in media_type:
        raise BaseUnusable(base, "it has a layer that may not be copied")
    descriptor = Descriptor(_AS_OCI.get(media_type, media_type), layer["digest"], layer["size"])
    return Blob(descriptor, cache / descriptor.digest.replace(":", "-"), reference.repository)


async def _fetch(blob: Blob, reference: Reference, registry: Registry) -> None:
    path = blob.content
    assert isinstance(path, Path)
    if not await asyncio.to_thread(_is_whole, path, blob.descriptor.size):
        await registry.download(reference.repository, blob.descriptor.digest, path)


def _is_whole(path: Path, size: int) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.is_file() and path.stat().st_size == size
