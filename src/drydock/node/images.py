"""The images that pods run: from a reference to an unpacked root filesystem."""

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypedDict

import msgspec

from drydock.node import limits, machine
from drydock.node.folders import discard
from drydock.node.unpack import SHARED, BadLayer, Ownership, unpack

_REFERENCE = re.compile(
    r"(?:(?P<host>localhost(?::\d+)?|[\w-]+(?:\.[\w-]+)*:\d+|[\w-]+(?:\.[\w-]+)+)/)?"
    r"(?P<repository>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_IMAGES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
FOLDERS = ("images", "images-own", "images-range")
"""Of a node: files for loopback pods, for containers with one user, and with many."""
KEPT = 10  # unpacked images that no pod uses
HOST_RUNTIME = ("dev.shipway.runtime", "host")


class ImageSource(Protocol):
    """What the node needs of a registry on the same disk."""

    def manifest(self, repository: str, reference: str) -> tuple[str, bytes] | None:
        """Media type and bytes, by tag or digest."""
        ...

    def blob_path(self, repository: str, digest: str) -> Path | None: ...


@dataclass(frozen=True, slots=True)
class Reference:
    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference | None":
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return None
        tag = found["tag"] or ("" if found["digest"] else "latest")
        return cls(found["host"] or "docker.io", found["repository"], tag, found["digest"] or "")

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"


@dataclass(frozen=True, slots=True)
class Image:
    """An unpacked image and what its config says."""

    id: str  # repository and manifest digest, as status.imageID
    rootfs: Path
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    @property
    def runs_on_host(self) -> bool:
        key, value = HOST_RUNTIME
        return self.labels.get(key) == value


class _Config(TypedDict, total=False):
    """What of an image's config the node reads (image spec, config.md)."""

    Entrypoint: list[str] | None
    Cmd: list[str] | None
    Env: list[str] | None
    WorkingDir: str | None
    User: str | None
    Labels: dict[str, str] | None


class _ImageFile(TypedDict, total=False):
    config: _Config | None


class PullFailed(Exception):
    """The image cannot be had; the message is what a container runtime would say."""

    def __init__(self, reference: Reference, why: str) -> None:
        super().__init__(f'failed to pull and unpack image "{reference}": {why}')


class Images:
    """Unpacks each image once, whoever asks; what is on disk is whole."""

    def __init__(
        self,
        folder: Path,
        source: ImageSource,
        hosts: Collection[str],
        ownership: Ownership = SHARED,
    ) -> None:
        self._folder = folder
        self._source = source
        self._hosts = frozenset(hosts)
        self._ownership = ownership
        self._unpacking: dict[str, asyncio.Lock] = {}

    def present(self, reference: Reference) -> bool:
        """Whether a pull would unpack nothing."""
        try:
            digest, _ = self._resolve(reference)
        except PullFailed:
            return False
        return self._rootfs(digest).is_dir()

    async def pull(self, reference: Reference) -> Image:
        digest, manifest = self._resolve(reference)
        config = _config(reference, self._blob(reference, manifest["config"]["digest"]))
        layers = [self._blob(reference, layer["digest"]) for layer in manifest["layers"]]
        rootfs = self._rootfs(digest)
        async with self._unpacking.setdefault(digest, asyncio.Lock()):
            if not rootfs.is_dir():
                try:
                    await asyncio.to_thread(unpack, layers, rootfs, self._ownership)
                except BadLayer as bad:
                    raise PullFailed(reference, f"failed to extract layer {bad}") from bad
            os.utime(rootfs.parent)  # for `prune`
        return _image(reference, digest, rootfs, config, manifest)

    def prune(self, pods: Iterable[Mapping[str, Any]], keep: int = KEPT) -> None:
        """Remove what no pod uses, but for the `keep` that were used last. What is missed is unpacked again."""
        self.remove(self.unused(pods)[keep:])

    def unused(self, pods: Iterable[Mapping[str, Any]]) -> list[Path]:
        """The folders of images that no pod uses, the last used first."""
        used = {digest for pod in pods for digest in _DIGEST.findall(json.dumps(pod))}
        unused = [folder for folder in self._folder.glob("*") if folder.name not in used]
        return sorted(unused, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)

    def remove(self, folders: Iterable[Path]) -> None:
        for folder in folders:
            discard(folder)

    def _rootfs(self, digest: str) -> Path:
        return self._folder / digest.removeprefix("sha256:") / "rootfs"

    def _resolve(self, reference: Reference) -> tuple[str, Mapping[str, Any]]:
        """The digest of the reference and the manifest for this machine."""
        if reference.host not in self._hosts:
            raise PullFailed(
                reference,
                "the embedded cluster reaches only its own registry "
                f"({', '.join(sorted(self._hosts))}), not {reference.host}",
            )
        media_type, raw = self._manifest(reference, reference.digest or reference.tag)
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        manifest = _parsed(reference, raw)
        if media_type in _INDEXES:
            chosen = _of_this_machine(reference, manifest["manifests"])
            media_type, raw = self._manifest(reference, chosen)
            manifest = _parsed(reference, raw)
        if media_type not in _IMAGES:
            raise PullFailed(reference, f"{media_type} is no image")
        return digest, manifest

    def _manifest(self, reference: Reference, name: str) -> tuple[str, bytes]:
        found = self._source.manifest(reference.repository, name)
        if found is None:
            why = f'failed to resolve reference "{reference}": {reference}: not found'
            raise PullFailed(reference, why)
        return found

    def _blob(self, reference: Reference, digest: str) -> Path:
        path = self._source.blob_path(reference.repository, digest)
        if path is None:
            why = f"failed to copy: content at {digest} not found: not found"
            raise PullFailed(reference, why)
        return path


def _parsed(reference: Reference, raw: bytes) -> Mapping[str, Any]:
    """The registry has looked at its shape when it took it."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise PullFailed(reference, f"its manifest is not valid: {error}") from error


def _of_this_machine(reference: Reference, manifests: Sequence[Mapping[str, Any]]) -> str:
    for entry in manifests:
        on = entry.get("platform")
        if not isinstance(on, Mapping):
            continue
        if on.get("os") == "linux" and on.get("architecture") == machine.architecture():
            return str(entry["digest"])
    raise PullFailed(reference, "no match for platform in manifest: not found")


def _config(reference: Reference, path: Path) -> _Config:
    if path.stat().st_size > limits.CONFIG:
        raise PullFailed(reference, f"its config has more than {limits.CONFIG >> 20} MiB")
    try:
        return msgspec.json.decode(path.read_bytes(), type=_ImageFile).get("config") or {}
    except (msgspec.DecodeError, RecursionError) as error:
        raise PullFailed(reference, f"its config is not valid: {error}") from error


def _image(
    reference: Reference,
    digest: str,
    rootfs: Path,
    config: _Config,
    manifest: Mapping[str, Any],
) -> Image:
    return Image(
        id=f"{reference.host}/{reference.repository}@{digest}",
        rootfs=rootfs,
        entrypoint=tuple(config.get("Entrypoint") or ()),
        cmd=tuple(config.get("Cmd") or ()),
        env=dict(entry.partition("=")[::2] for entry in config.get("Env") or ()),
        working_dir=config.get("WorkingDir") or "/",
        user=config.get("User") or "",
        labels=config.get("Labels") or {},
        size=sum(layer["size"] for layer in manifest["layers"]),
    )
