"""The pods' folders, and the removal of what containers have written to."""

import os
import shutil
from pathlib import Path

from drydock.resources import Object

_OURS = 0o700


def pod_folder(home: Path, pod: Object) -> Path:
    return home / "pods" / str(pod["metadata"]["uid"])


def discard(folder: Path) -> None:
    """With all that is in it, also what its writer, or overlayfs, has closed to us. What cannot go stays."""
    for path, names, _ in os.walk(folder):
        for below in (Path(path, name) for name in names):
            if not below.is_symlink() and not os.access(below, os.R_OK | os.W_OK | os.X_OK):
                below.chmod(_OURS)  # before `walk` looks into it
    shutil.rmtree(folder, ignore_errors=True)
