"""The images that pods run: from a reference to an unpacked root filesystem."""

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from drydock.node import machine
from drydock.node.unpack import BadLayer, unpack

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
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
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


class PullFailed(Exception):
    """The image cannot be had; the message is what a container runtime would say."""

    def __init__(self, reference: Reference, why: str) -> None:
        super().__init__(f'failed to pull and unpack image "{reference}": {why}')


class Images:
    """Unpacks each image once, whoever asks; what is on disk is whole."""

    def __init__(self, folder: Path, source: ImageSource, hosts: Collection[str]) -> None:
        self._folder = folder
        self._source = source
        self._hosts = frozenset(hosts)
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
        config = json.loads(self._blob(reference, manifest["config"]["digest"]).read_bytes())
        layers = [self._blob(reference, layer["digest"]) for layer in manifest["layers"]]
        rootfs = self._rootfs(digest)
        async with self._unpacking.setdefault(digest, asyncio.Lock()):
            if not rootfs.is_dir():
                try:
                    await asyncio.to_thread(unpack, layers, rootfs)
                except BadLayer as bad:
                    raise PullFailed(reference, f"failed to extract layer {bad}") from bad
            os.utime(rootfs.parent)  # for `prune`
        return _image(reference, digest, rootfs, config.get("config") or {}, manifest)

    def prune(self, pods: Iterable[Mapping[str, Any]], keep: int = KEPT) -> None:
        """Remove what no pod uses, but for the `keep` that were used last. What is missed is unpacked again."""
        used = {digest for pod in pods for digest in _DIGEST.findall(json.dumps(pod))}
        unused = [folder for folder in self._folder.glob("*") if folder.name not in used]
        unused.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
        for folder in unused[keep:]:
            shutil.rmtree(folder, ignore_errors=True)

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
        manifest = json.loads(raw)
        if media_type in _INDEXES:
            _, raw = self._manifest(reference, _of_this_machine(reference, manifest["manifests"]))
            manifest = json.loads(raw)
        if "config" not in manifest or "layers" not in manifest:
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


def _of_this_machine(reference: Reference, manifests: Sequence[Mapping[str, Any]]) -> str:
    for entry in manifests:
        on = entry.get("platform") or {}
        if on.get("os") == "linux" and on.get("architecture") == machine.architecture():
            return str(entry["digest"])
    raise PullFailed(reference, "no match for platform in manifest: not found")


def _image(
    reference: Reference,
    digest: str,
    rootfs: Path,
    config: Mapping[str, Any],
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
