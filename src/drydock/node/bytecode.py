"""Compiled Python modules, passed on from one image to the next where the source is the same.

Images carry no bytecode. Compiling the modules of a small web service takes longer than all else in its start.
"""

import filecmp
import os
from pathlib import Path


def inherit(earlier: Path, image: Path) -> None:
    """Both are image folders with a `rootfs`; Python keeps bytecode below `bytecode` by the source's whole path."""
    compiled = _of(earlier)
    for path in compiled.rglob("*.pyc"):
        name = path.relative_to(compiled)
        source = name.with_name(f"{path.name.partition('.')[0]}.py")
        if _same(earlier / "rootfs" / source, image / "rootfs" / source):
            copy = _of(image) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, copy)


def _of(image: Path) -> Path:
    rootfs = (image / "rootfs").resolve()
    return image / "bytecode" / rootfs.relative_to(rootfs.anchor)


def _same(one: Path, other: Path) -> bool:
    """Python takes bytecode for stale when the source's time differs, so content is not enough."""
    try:
        same_time = int(one.stat().st_mtime) == int(other.stat().st_mtime)
        return same_time and filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
