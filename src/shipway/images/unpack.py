"""A wheel as files of an image: what an installer would write, without a trace of the machine it ran on.

Source: the binary distribution format, https://packaging.python.org/specifications/binary-distribution-format/
"""

import base64
import configparser
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from shipway.errors import ShipwayError
from shipway.images.tree import File, Link, Tree

SITE = "opt/site"
"""Where the dependencies are: on PYTHONPATH, with their scripts in `bin` below it."""

SHEBANG = b"#!/usr/bin/env python\n"
"""Whatever Python the image has first on its PATH: the path of this machine's one would mean nothing there."""

_INSTALLER = {"direct_url.json", "INSTALLER", "REQUESTED", "RECORD", "RECORD.jws", "RECORD.p7s"}
"""Written by installers, about an installation. We write RECORD ourselves; the rest would differ by machine."""

_ENTRY = re.compile(r"^(?P<module>[\w.]+)\s*:\s*(?P<path>[\w.]+)\s*(\[.*\])?$")

_SCRIPT = """\
#!/usr/bin/env python
import sys
from {module} import {name}

if __name__ == "__main__":
    sys.exit({path}())
"""


@dataclass(eq=False)
class WheelUnusable(ShipwayError):
    """A wheel that asks for something an installer must refuse, too."""

    wheel: str
    reason: str

    @property
    def problem(self) -> str:
        return f"{self.wheel} cannot be unpacked: {self.reason}"

    @property
    def remedy(self) -> str:
        return "pin another version of it in the lock"


def unpack(wheels: tuple[Path, ...]) -> Tree:
    """All files below SITE. Where two wheels bring the same path the later one wins, as with pip."""
    site: dict[str, File | Link] = {}
    for wheel in wheels:
        site |= _wheel(wheel)
    return {f"{SITE}/{path}": entry for path, entry in site.items()}


def _wheel(wheel: Path) -> dict[str, File]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = {
                info.filename: File(archive.read(info), _executable(info))
                for info in archive.infolist()
                if not info.is_dir()
            }
    except zipfile.BadZipFile:
        raise WheelUnusable(wheel.name, "it is not a zip archive") from None
    infos = {path.split("/")[0] for path in found if path.split("/")[0].endswith(".dist-info")}
    if len(infos) != 1:
        raise WheelUnusable(wheel.name, f"it has {len(infos)} .dist-info folders, not one")
    info = infos.pop()
    placed = dict(_place(found, info, wheel.name))
    entry_points = found.get(f"{info}/entry_points.txt")
    if entry_points:
        placed |= _scripts(entry_points.content.decode(), wheel.name)
    record = f"{info}/RECORD"
    placed[record] = File(_record(placed, record))
    return placed


def _executable(info: zipfile.ZipInfo) -> bool:
    return bool(info.external_attr >> 16 & 0o111)


def _place(found: dict[str, File], info: str, wheel: str) -> Iterator[tuple[str, File]]:
    data = f"{info.removesuffix('.dist-info')}.data"
    distribution = info.partition("-")[0]
    for name, file in found.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise WheelUnusable(wheel, f"{name} points outside")
        if path.parts[0] == info and path.name in _INSTALLER and len(path.parts) == 2:
            continue
        if path.parts[0] != data:
            yield str(path), file
            continue
        if len(path.parts) < 3:
            raise WheelUnusable(wheel, f"{name} belongs to no install scheme")
        scheme, rest = path.parts[1], "/".join(path.parts[2:])
        match scheme:
            case "purelib" | "platlib" | "data":
                yield rest, file
            case "scripts":
                yield f"bin/{rest}", File(_neutral(file.content), executable=True)
            case "headers":
                yield f"include/{distribution}/{rest}", file
            case _:
                raise WheelUnusable(wheel, f"{name} belongs to no install scheme")


def _neutral(script: bytes) -> bytes:
    """`#!python` in a wheel's script asks the installer for the interpreter's path."""
    first, _, rest = script.partition(b"\n")
    return SHEBANG + rest if first.startswith(b"#!python") else script


def _scripts(entry_points: str, wheel: str) -> dict[str, File]:
    """Console and graphical scripts alike: a file that imports an object and calls it."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of scripts have their case
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        raise WheelUnusable(wheel, "its entry_points.txt cannot be read") from None
    scripts = {}
    for section in ("console_scripts", "gui_scripts"):
        for name, reference in parser.items(section) if parser.has_section(section) else ():
            entry = _ENTRY.match(reference.strip())
            if entry is None or "/" in name:
                raise WheelUnusable(wheel, f"its script {name} refers to no object: {reference}")
            module, path = entry["module"], entry["path"]
            text = _SCRIPT.format(module=module, name=path.split(".")[0], path=path)
            scripts[f"bin/{name}"] = File(text.encode(), executable=True)
    return scripts


def _record(placed: dict[str, File], record: str) -> bytes:
    """Sorted, with our own sums: scripts are not what the wheel had."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for path, file in sorted(placed.items()):
        writer.writerow((path, f"sha256={_sum(file.content)}", len(file.content)))
    writer.writerow((record, "", ""))
    return lines.getvalue().encode()


def _sum(content: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
