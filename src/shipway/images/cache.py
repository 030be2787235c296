"""The layers that were made on this machine: by what went in, and by what came out.

Two zlib builds compress differently. A diff_id therefore keeps the blob it once got, and with it the image's digest.
"""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipway.images.layer import LAYER, compress, sum_of, write_tar
from shipway.images.tree import Tree
from shipway.model.bundle import Digest, canonical, digest
from shipway.oci.artifact import Blob, Descriptor


@dataclass(frozen=True, slots=True)
class Layer:
    """`diff_id` names the tar; the blob is what a registry gets of it."""

    diff_id: Digest
    blob: Blob


@dataclass(frozen=True, slots=True)
class LayerCache:
    """`blobs/<diff_id>` is compressed, `facts/<diff_id>` has its digest and size, `keys/<key>` names a diff_id."""

    root: Path

    def find(self, key: Digest) -> Layer | None:
        try:
            return self._layer(self._at("keys", key).read_text())
        except FileNotFoundError:
            return None

    def keep(self, key: Digest, tree: Tree, *, epoch: int) -> Layer:
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.root) as tar:
            write_tar(tree, tar, epoch=epoch)
            tar.seek(0)
            diff_id = sum_of(tar)
            layer = self._layer(diff_id)
            if layer is None:
                tar.seek(0)
                layer = self._compress(diff_id, compress(tar))
        self._write(self._at("keys", key), [diff_id.encode()])
        return layer

    def _compress(self, diff_id: Digest, chunks: Iterable[bytes]) -> Layer:
        blob = self._at("blobs", diff_id)
        self._write(blob, chunks)
        with blob.open("rb") as file:
            descriptor = Descriptor(LAYER, sum_of(file), blob.stat().st_size)
        facts = canonical({"digest": descriptor.digest, "size": descriptor.size})
        self._write(self._at("facts", diff_id), [facts])
        return Layer(diff_id, Blob(descriptor, blob))

    def _layer(self, diff_id: Digest) -> Layer | None:
        """None, too, for a blob that a full disk or a power cut left shorter than it was."""
        blob = self._at("blobs", diff_id)
        try:
            facts = json.loads(self._at("facts", diff_id).read_bytes())
            whole = blob.stat().st_size == facts["size"]
        except (FileNotFoundError, ValueError):
            return None
        descriptor = Descriptor(LAYER, facts["digest"], facts["size"])
        return Layer(diff_id, Blob(descriptor, blob)) if whole else None

    def _at(self, shelf: str, name: Digest) -> Path:
        return self.root / shelf / name.removeprefix("sha256:")

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Readers see all of it or nothing, and two builds at once may both write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink()
            raise


def key_of(*facts: object) -> Digest:
    """Everything that decides a layer's files, in one name."""
    return digest(canonical(facts))
