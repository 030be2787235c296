"""File operations that survive a power cut: a name appears only when its content and its folder are on disk."""

import os
from pathlib import Path
from uuid import uuid4


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Like mkdir -p, with every new name synced in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write(path: Path, content: bytes, *, scratch: Path) -> None:
    """Put `content` at `path` at once, or leave what was there. `scratch` is a folder of the same file system."""
    draft = scratch / str(uuid4())
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        make_folder(path.parent)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
