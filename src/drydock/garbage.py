"""What may go from a home: the registry's garbage, and, while no drydock runs, unpacked images that no pod uses."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from drydock.home import Home
from drydock.node.folders import discard
from drydock.node.images import FOLDERS, Images
from drydock.registry import garbage
from drydock.registry.app import ABANDONED
from drydock.registry.garbage import Garbage
from drydock.registry.storage import Storage
from drydock.resources import PODS
from drydock.store import Store

GRACE = (
    3600.0  # seconds for which a running registry keeps a blob that a push may be about to refer to
)


@dataclass(frozen=True, slots=True)
class Collected:
    registry: Garbage
    images: int = 0
    images_size: int = 0  # bytes
    running: bool = False


def collect(home: Home, *, untagged: bool, dry_run: bool) -> Collected:
    """Beside a running drydock only what is surely not in use; otherwise all, and none can start meanwhile."""
    lock = home.lock()
    now = time.time()
    grace = GRACE if lock is None else 0.0
    try:
        registry = garbage.collect(
            Storage(home.registry),
            before=now - grace,
            uploads_before=now - ABANDONED,
            untagged=untagged,
            dry_run=dry_run,
        )
        if lock is None:
            return Collected(registry, running=True)
        unused = _unused(home)
        size = sum(_size(folder) for folder in unused)
        if not dry_run:
            for folder in unused:
                discard(folder)
        return Collected(registry, len(unused), size)
    finally:
        if lock is not None:
            os.close(lock)


def _images(home: Home) -> list[Images]:
    """By the ways to run pods: what is unpacked for one is of no use to another."""
    return [Images(home.node / folder, Storage(home.registry), ()) for folder in FOLDERS]


def _unused(home: Home) -> list[Path]:
    if not home.state.exists():
        return []
    store = Store(home.state)
    try:
        pods = store.list(PODS)
        return [folder for images in _images(home) for folder in images.unused(pods)]
    finally:
        store.close()


def _size(folder: Path) -> int:
    """Bytes, each file once."""
    files = {
        (stat.st_dev, stat.st_ino): stat.st_size
        for inside, _, names in os.walk(folder)
        for name in names
        for stat in (os.lstat(Path(inside, name)),)
    }
    return sum(files.values())
