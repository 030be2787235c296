"""Image layers become a root filesystem that nothing can leave."""

import gzip
import os
import shutil
import stat
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast
from zlib import error as BadCompression  # noqa: N812  # zlib names its error in lower case

from drydock.node import limits
from drydock.node.blueprint import IDS

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BROKEN = (
    *(tarfile.TarError, BadCompression, EOFError, OSError, limits.Exceeded),
    *(ValueError, OverflowError),  # names and times that no file can have
    RuntimeError,  # links in a circle; headers in headers, which tarfile reads by recursion
)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose an image's files are once they are unpacked, and what may be done with them."""

    kept: bool  # modes as the image has them; otherwise everybody reads and nobody writes
    base: int | None = None  # the host's uid and gid of the image's 0; None: everything is ours

    def mode(self, member: tarfile.TarInfo) -> int:
        """What is ours stays so that we can read it, and gives no rights by running."""
        if member.isdir():
            if not self.kept:
                return 0o755
            return member.mode & 0o7777 if self.base is not None else member.mode & 0o1777 | 0o700
        if not self.kept:
            return 0o444 | member.mode & _EXECUTABLE
        return member.mode & 0o7777 if self.base is not None else member.mode & 0o1777 | 0o400

    def give(self, path: Path, uid: int, gid: int) -> None:
        """The image's own numbers. Raises BadLayer for those that containers cannot have."""
        if self.base is None:
            return
        if max(uid, gid) >= IDS:
            raise BadLayer(
                f"{path.name} belongs to user {uid} and group {gid}: they end at {IDS - 1} here"
            )
        os.chown(path, self.base + uid, self.base + gid, follow_symlinks=False)


SHARED = Ownership(kept=False)


class BadLayer(Exception):
    """A layer that we will not unpack: its entries point outside, or it is no tar archive."""


def unpack(layers: Sequence[Path], folder: Path, ownership: Ownership = SHARED) -> None:
    """Fill `folder` with the layers' files, lowest first, all of it or nothing.

    A symlink's target is rewritten so that it stays inside `folder` as it would inside a chroot: absolute
    targets and too many `..` count from the root. Devices and pipes are left out.
    """
    if len(layers) > limits.LAYERS:
        last = f"{limits.LAYERS + 1} of {len(layers)}"
        raise BadLayer(f"{last}: an image may have {limits.LAYERS} layers")
    draft = folder.with_name(f"{folder.name}.draft")  # a killed drydock may have left one
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    ownership.give(draft, 0, 0)
    try:
        budget = limits.Budget()
        for layer in layers:
            _apply(layer, draft.resolve(), budget, ownership)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _apply(layer: Path, root: Path, budget: limits.Budget, ownership: Ownership) -> None:
    allowance = limits.Allowance(budget, layer.stat().st_size)
    written: set[Path] = set()
    try:
        with layer.open("rb") as packed:
            headers = limits.Headers(_unpacked(packed))
            with tarfile.TarFile(fileobj=headers) as archive:  # type: ignore[arg-type]  # needs no more of a file
                while (member := _next(archive, headers)) is not None:
                    allowance.take(member.size)
                    _place(archive, member, root, written, ownership)
    except _BROKEN as problem:
        raise BadLayer(f"{layer.name}: {problem}") from problem


def _unpacked(packed: IO[bytes]) -> IO[bytes]:
    magic = packed.read(4)
    packed.seek(0)
    if magic == _ZSTD:
        raise tarfile.ReadError("it is compressed with zstd, and only gzip is unpacked here")
    if magic.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
    return packed


def _next(archive: tarfile.TarFile, headers: limits.Headers) -> tarfile.TarInfo | None:
    headers.left = limits.HEADER
    member = archive.next()
    headers.left = None
    archive.members.clear()  # type: ignore[attr-defined]  # untyped; it would keep all that it has read
    return member


def _place(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    root: Path,
    written: set[Path],
    ownership: Ownership,
) -> None:
    name = _inside(member.name)
    if not name.parts:
        return
    folder = _folder(root, name.parent, ownership)
    if name.name == _OPAQUE:
        for path in folder.iterdir():
            if path not in written:
                _remove(path)
        return
    if name.name.startswith(_WHITEOUT):
        gone = name.name.removeprefix(_WHITEOUT)
        if gone in {"", ".", ".."}:
            raise BadLayer(f"the whiteout {name} names no file")
        _remove(folder / gone)
        return
    path = folder / name.name
    _make(archive, member, root, path, ownership)
    written.update((path, *path.parents))


def _make(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    root: Path,
    path: Path,
    ownership: Ownership,
) -> None:
    if member.isdir():
        _make_folder(path)
        ownership.give(path, member.uid, member.gid)
        path.chmod(ownership.mode(member))
    elif member.issym():
        _remove(path)
        path.symlink_to(_scoped(root, path.parent, member.linkname))
        ownership.give(path, member.uid, member.gid)
    elif member.islnk():
        source = _inside(member.linkname)
        origin = _folder(root, source.parent, ownership) / source.name
        if origin.is_symlink():  # the same target from another folder is another path
            path_in_image = _in_image(root, origin.parent) / origin.readlink()
            target = _scoped(root, path.parent, str(path_in_image))
            _remove(path)
            path.symlink_to(target)
        elif origin != path:
            _remove(path)
            os.link(origin, path)
    elif member.isreg():
        _remove(path)
        _write(archive, member, path, ownership)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BadLayer(f"the entry {name} points outside the image")
    return path


def _folder(root: Path, name: PurePosixPath, ownership: Ownership) -> Path:
    """The real folder of that name; its symlinks were scoped when they were made, so they stay inside."""
    folder = (root / name).resolve()
    if not folder.is_relative_to(root):
        raise BadLayer(f"the folder {name} points outside the image")
    for path in reversed([folder, *folder.parents]):
        if not path.exists():
            path.mkdir(mode=0o755)
            ownership.give(path, 0, 0)
    return folder


def _make_folder(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        _remove(path)
        path.mkdir()


def _scoped(root: Path, folder: Path, target: str) -> str:
    here = _in_image(root, folder)
    wanted = os.path.normpath(here / target)  # at the root, `..` stays at the root
    return os.path.relpath(wanted, here)


def _in_image(root: Path, folder: Path) -> PurePosixPath:
    return PurePosixPath("/", *folder.relative_to(root).parts)


def _write(
    archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, ownership: Ownership
) -> None:
    content = archive.extractfile(member)
    assert content is not None
    with content, path.open("xb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
    ownership.give(path, member.uid, member.gid)
    path.chmod(ownership.mode(member))
    os.utime(path, (member.mtime, member.mtime))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
