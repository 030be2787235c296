"""Files of an image before they are a layer: a path inside the image and what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from shipway.model.bundle import Digest, canonical, digest


@dataclass(frozen=True, slots=True)
class File:
    content: bytes = field(repr=False)
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, as it stands: its target is for the image to resolve."""

    target: str


Tree = Mapping[str, File | Link]
"""By path inside the image, relative to its root, with slashes: `opt/site/fastapi/__init__.py`."""


def fingerprint(tree: Tree) -> Digest:
    """The same files are the same fingerprint, wherever they lay."""
    return digest(canonical({path: _facts(entry) for path, entry in tree.items()}))


def _facts(entry: File | Link) -> list[object]:
    if isinstance(entry, Link):
        return ["link", entry.target]
    return ["file", entry.executable, sha256(entry.content).hexdigest()]
