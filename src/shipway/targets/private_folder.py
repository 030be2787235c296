"""A folder for what lets a program act in our name: of this process alone, and gone with it."""

import atexit
import os
import re
import shutil
from pathlib import Path

import psutil

_NAME = re.compile(r"run-(\d+)")


def make(parent: Path) -> Path:
    """Removed when this process ends; what a killed one has left is removed now."""
    sweep(parent)
    folder = parent / f"run-{os.getpid()}"
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def sweep(parent: Path) -> None:
    """Remove the folders of processes that are no more."""
    for folder in parent.glob("run-*"):
        found = _NAME.fullmatch(folder.name)
        if found and not psutil.pid_exists(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)
