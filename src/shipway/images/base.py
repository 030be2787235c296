"""The image below ours: its layers, taken as they are, and what its configuration says."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from shipway.errors import USAGE, ShipwayError
from shipway.images.cache import Layer
from shipway.images.layer import LAYER
from shipway.images.runtime import Runtime
from shipway.model.bundle import Digest
from shipway.oci.artifact import Blob, Descriptor
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
        return "name an image with registry and tag, such as localhost:5001/python:3.11-slim, with the Python of the image"


@dataclass(eq=False)
class BaseUnreachable(ShipwayError):
    base: str
    reason: str

    @property
    def problem(self) -> str:
        return f"base image {self.base} cannot be read: {self.reason}"

    @property
    def remedy(self) -> str:
        return (
            "log in to its registry, copy it to one that can be reached, "
            "or leave the base out for the embedded target"
        )


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    digest: Digest
    config: dict[str, Any]
    layers: tuple[Layer, ...]


async def pull(base: str, runtime: Runtime, *, registry: Registry, cache: Path) -> Base:
    """Layers come once into `cache`, by digest. They know their repository, so a registry that has them mounts them."""
    reference = Reference.parse(base)
    try:
        manifest = await registry.resolve_platform(
            reference.repository,
            reference.digest or reference.tag or "latest",
            runtime.os,
            runtime.architecture,
        )
        found = json.loads(manifest.raw)
        config = json.loads(await registry.blob(reference.repository, found["config"]["digest"]))
        blobs = [_blob(layer, reference, base, cache) for layer in found["layers"]]
        async with at_once() as group:
            for blob in blobs:
                group.create_task(_fetch(blob, reference, registry))
    except BaseUnusable:
        raise
    except ShipwayError as refused:
        raise BaseUnreachable(base, refused.problem) from refused
    _fits(base, config, runtime)
    diff_ids = config["rootfs"]["diff_ids"]
    layers = tuple(Layer(diff_id, blob) for diff_id, blob in zip(diff_ids, blobs, strict=True))
    return Base(base, manifest.digest, config, layers)


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


def _fits(base: str, config: dict[str, Any], runtime: Runtime) -> None:
    """Python's own images say their version in PYTHON_VERSION; wheels for another minor version would not load."""
    env = dict(line.split("=", 1) for line in config.get("config", {}).get("Env") or ())
    version = env.get("PYTHON_VERSION")
    if version and not f"{version}.".startswith(f"{runtime.python}."):
        raise BaseUnusable(base, f"it has Python {version}, the image is for {runtime.python}")
    for name, ours in (("os", runtime.os), ("architecture", runtime.architecture)):
        if config.get(name, ours) != ours:
            raise BaseUnusable(base, f"its {name} is {config[name]}, the image is for {ours}")
