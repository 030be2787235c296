"""A provisioned program in its folder: put there in one step, recorded, and recognised the next time."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shipway.tools.pins import Pin, Platform, Version, spell


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that is ready to run. `path` is in the tools folder, a link where the program is elsewhere."""

    name: str
    version: str
    path: Path
    sha256: str
    origin: str  # in words: where it came from


def place(pin: Pin, program: Path, directory: Path, *, sha256: str, origin: str) -> Tool:
    """Move a verified program to its name in `directory`, which must be on the same file system."""
    program.chmod(0o755)
    program.replace(directory / pin.name)
    return _record(Tool(pin.name, spell(pin.version), directory / pin.name, sha256, origin))


def link(pin: Pin, program: Path, version: Version, directory: Path) -> Tool:
    """Let `directory` name a program that somebody else installed."""
    beside = directory / f".{pin.name}.{os.getpid()}"
    beside.unlink(missing_ok=True)
    beside.symlink_to(program)
    beside.replace(directory / pin.name)
    tool = Tool(
        pin.name, spell(version), directory / pin.name, file_sha256(program), f"PATH: {program}"
    )
    return _record(tool)


def kept(pin: Pin, platform: Platform, directory: Path) -> Tool | None:
    """The program that an earlier call left here, while it is the one we want, byte for byte."""
    path = directory / pin.name
    if not path.is_file():
        return None
    record = _read(pin, directory)
    if record is None:
        return _adopted(pin, platform, path)
    tool = Tool(pin.name, record["version"], path, record["sha256"], record["origin"])
    if not _wanted(pin, platform, tool):
        return None
    if record["stat"] == _stat(path):
        return tool
    return _record(tool) if file_sha256(path) == tool.sha256 else None


def _wanted(pin: Pin, platform: Platform, tool: Tool) -> bool:
    if tool.path.is_symlink():
        return pin.fits(_version(tool.version))
    return tool.version == spell(pin.version) and tool.sha256 == pin.sha256.get(
        platform, tool.sha256
    )


def _adopted(pin: Pin, platform: Platform, path: Path) -> Tool | None:
    """A program without a record is ours only where we know its digest."""
    wanted = pin.sha256.get(platform)
    if wanted is None or path.is_symlink() or file_sha256(path) != wanted:
        return None
    return _record(Tool(pin.name, spell(pin.version), path, wanted, "found in place"))


def file_sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _version(text: str) -> Version:
    major, minor, patch = map(int, text.split("."))
    return major, minor, patch


def _record(tool: Tool) -> Tool:
    fields = {**asdict(tool), "path": tool.path.name, "stat": _stat(tool.path)}
    beside = tool.path.with_name(f".{tool.name}.json.{os.getpid()}")
    beside.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
    beside.replace(_record_path(tool.name, tool.path.parent))
    return tool


def _read(pin: Pin, directory: Path) -> dict[str, Any] | None:
    """None also for a record that is torn or of another shape: it is made anew."""
    try:
        found = json.loads(_record_path(pin.name, directory).read_text(encoding="utf-8"))
        _version(found["version"])
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.keys() >= {"sha256", "origin", "stat"} else None


def _record_path(name: str, directory: Path) -> Path:
    return directory / f"{name}.json"


def _stat(path: Path) -> list[int]:
    """Of the program itself, through a link. Unchanged means unread: a digest of 60 MB costs 0.1 s."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]
