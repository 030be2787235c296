"""The application's dependencies: a requirements lock in which every wheel is named by its SHA-256."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from shipway.errors import USAGE, ShipwayError

_HASH = re.compile(r"\s--hash[= ]sha256:([0-9a-f]{64})(?=\s|$)")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the lock. The hashes are hexadecimal and sorted: their order in the file means nothing."""

    name: str  # canonical, as PEP 503 has it
    version: str
    hashes: tuple[str, ...]
    marker: str | None
    line: int


@dataclass(eq=False)
class LockUnusable(ShipwayError):
    """A lock that does not say which bytes to install."""

    exit_code: ClassVar[int] = USAGE

    file: Path
    line: int
    reason: str

    @property
    def problem(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"

    @property
    def remedy(self) -> str:
        source = self.file.with_suffix(".in")
        return f"uv pip compile --generate-hashes --no-emit-index-url {source} -o {self.file}"


@dataclass(eq=False)
class LockMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    file: Path

    @property
    def problem(self) -> str:
        return f"{self.file} is not there: an image is built from a lock with hashes"

    @property
    def remedy(self) -> str:
        return LockUnusable(self.file, 0, "").remedy


def read(text: str, *, file: Path) -> tuple[Pin, ...]:
    """Sorted by name, then marker. `file` is only for messages."""
    pins = (_pin(line, number, file) for number, line in _logical_lines(text))
    return tuple(sorted(pins, key=lambda pin: (pin.name, pin.marker or "", pin.version)))


def wanted(pins: tuple[Pin, ...], environment: dict[str, str]) -> tuple[Pin, ...]:
    """The pins whose marker holds in `environment` (the names of PEP 508)."""
    return tuple(
        pin for pin in pins if pin.marker is None or Marker(pin.marker).evaluate(environment)
    )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined at backslashes, without comments, each with the number of its first line."""
    start, joined = 1, ""
    for number, raw in enumerate(text.splitlines(), start=1):
        if not joined:
            start = number
        line = _COMMENT.sub("", raw).rstrip()
        joined += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        if joined.strip():
            yield start, joined.strip()
        joined = ""
    if joined.strip():
        yield start, joined.strip()


def _pin(line: str, number: int, file: Path) -> Pin:
    if line.startswith("-"):
        option = line.partition("=")[0].partition(" ")[0]
        raise LockUnusable(file, number, f"{option} has no place in a lock: it differs by machine")
    hashes = _HASH.findall(line)
    spelled = _HASH.sub("", line)
    try:
        requirement = Requirement(spelled)
    except InvalidRequirement:
        raise LockUnusable(file, number, f"cannot be read as a requirement: {spelled}") from None
    pinned = [each.version for each in requirement.specifier if each.operator == "=="]
    if len(requirement.specifier) != 1 or not pinned or pinned[0].endswith("*"):
        raise LockUnusable(file, number, f"{requirement.name} is not pinned to one version")
    if not hashes:
        raise LockUnusable(file, number, f"{requirement.name}=={pinned[0]} has no hash")
    return Pin(
        name=canonicalize_name(requirement.name),
        version=pinned[0],
        hashes=tuple(sorted(set(hashes))),
        marker=str(requirement.marker) if requirement.marker else None,
        line=number,
    )
