"""A layer as bytes: the same files are the same tar and, with the same zlib, the same gzip.

Source: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md
"""

import io
import tarfile
import zlib
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import PurePosixPath
from typing import BinaryIO

from shipway.images.tree import File, Link, Tree
from shipway.model.bundle import Digest

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

_LEVEL = 4  # measured on FastAPI with pydantic: half the time of 6 for 4 % more bytes
_GZIP = 31  # zlib's wbits for a gzip stream; its header has no time and no file name
_CHUNK = 2**20


def write_tar(tree: Tree, into: BinaryIO, *, epoch: int) -> None:
    """Sorted, owned by root, one time for everything: nothing of this machine and of this hour is in it."""
    with tarfile.open(fileobj=into, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in sorted({folder for path in tree for folder in _folders(path)}):
            archive.addfile(_header(folder, tarfile.DIRTYPE, 0o755, epoch))
        for path, entry in sorted(tree.items()):
            match entry:
                case Link(target):
                    header = _header(path, tarfile.SYMTYPE, 0o777, epoch)
                    header.linkname = target
                    archive.addfile(header)
                case File(content, executable):
                    header = _header(path, tarfile.REGTYPE, 0o755 if executable else 0o644, epoch)
                    header.size = len(content)
                    archive.addfile(header, io.BytesIO(content))


def compress(tar: BinaryIO) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    while chunk := tar.read(_CHUNK):
        yield packer.compress(chunk)
    yield packer.flush()


def sum_of(file: io.BufferedIOBase) -> Digest:
    return f"sha256:{file_digest(file, 'sha256').hexdigest()}"


def _folders(path: str) -> Iterator[str]:
    """Every folder above a path: without an entry of its own a runtime would choose its mode."""
    yield from (str(folder) for folder in PurePosixPath(path).parents if str(folder) != ".")


def _header(path: str, kind: bytes, mode: int, epoch: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(path)
    header.type, header.mode, header.mtime = kind, mode, epoch
    return header
