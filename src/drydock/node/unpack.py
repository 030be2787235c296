"""Image layers become a root filesystem that nothing can leave."""

import os
import shutil
import stat
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from zlib import error as BadCompression  # noqa: N812  # zlib names its error in lower case

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_CHUNK = 1024 * 1024


class BadLayer(Exception):
    """A layer that we will not unpack: its entries point outside, or it is no tar archive."""


def unpack(layers: Sequence[Path], folder: Path) -> None:
    """Fill `folder` with the layers' files, lowest first, all of it or nothing.

    A symlink's target is rewritten so that it stays inside `folder` as it would inside a chroot: absolute
    targets and too many `..` count from the root. Devices and pipes are left out; nothing stays writable.
    """
    draft = folder.with_name(f"{folder.name}.draft")  # a killed drydock may have left one
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        for layer in layers:
            _apply(layer, draft.resolve())
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _apply(layer: Path, root: Path) -> None:
    try:
        with tarfile.open(layer) as archive:
            written: set[Path] = set()
            for member in archive:
                _place(archive, member, root, written)
    except (tarfile.TarError, BadCompression, EOFError, OSError) as problem:
        raise BadLayer(f"{layer.name}: {problem}") from problem


def _place(
    archive: tarfile.TarFile, member: tarfile.TarInfo, root: Path, written: set[Path]
) -> None:
    name = _inside(member.name)
    if not name.parts:
        return
    folder = _folder(root, name.parent)
    if name.name == _OPAQUE:
        for path in folder.iterdir():
            if path not in written:
                _remove(path)
        return
    if name.name.startswith(_WHITEOUT):
        _remove(folder / name.name.removeprefix(_WHITEOUT))
        return
    path = folder / name.name
    _make(archive, member, root, path)
    written.update((path, *path.parents))


def _make(archive: tarfile.TarFile, member: tarfile.TarInfo, root: Path, path: Path) -> None:
    if member.isdir():
        _make_folder(path)
    elif member.issym():
        _remove(path)
        path.symlink_to(_scoped(root, path.parent, member.linkname))
    elif member.islnk():
        source = _inside(member.linkname)
        origin = _folder(root, source.parent) / source.name
        if origin != path:
            _remove(path)
            os.link(origin, path, follow_symlinks=False)
    elif member.isreg():
        _remove(path)
        _write(archive, member, path)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BadLayer(f"the entry {name} points outside the image")
    return path


def _folder(root: Path, name: PurePosixPath) -> Path:
    """The real folder of that name; its symlinks were scoped when they were made, so they stay inside."""
    folder = (root / name).resolve()
    if not folder.is_relative_to(root):
        raise BadLayer(f"the folder {name} points outside the image")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _make_folder(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        _remove(path)
        path.mkdir()


def _scoped(root: Path, folder: Path, target: str) -> str:
    here = PurePosixPath("/", *folder.relative_to(root).parts)
    wanted = os.path.normpath(here / target)  # at the root, `..` stays at the root
    return os.path.relpath(wanted, here)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = archive.extractfile(member)
    assert content is not None
    with content, path.open("xb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
    executable = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    path.chmod(0o444 | (member.mode & executable))
    os.utime(path, (member.mtime, member.mtime))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
