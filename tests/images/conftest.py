"""Small services and small wheels, made on the spot; pip answers from a folder."""

import base64
import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from shipway.commands.command import Command
from shipway.images.python import PythonImage
from shipway.shell.local import LocalShell
from shipway.shell.shell import Finished, Listener

GREETING = (
    "def hello(name='world'):\n    return f'hello {name}'\n\n\ndef main():\n    print(hello())\n"
)


def make_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str], *, tag: str = "py3-none-any"
) -> Path:
    """A wheel with a RECORD of its own; its folders' entries and times are as a careless tool leaves them."""
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        record = ""
        for file, text in content.items():
            archive.writestr(zipfile.ZipInfo(file, (2024, 5, 6, 7, 8, 10)), text)
            raw = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            record += f"{file},sha256={raw.decode()},{len(text)}\n"
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def lock_line(wheel: Path, marker: str = "") -> str:
    name, version, _, _ = parse_wheel_filename(wheel.name)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version}{marker} \\\n    --hash=sha256:{found}\n"


@dataclass
class Wheelhouse:
    """A shell in which pip copies wheels out of a folder; everything else is run for real."""

    folder: Path
    local: LocalShell
    commands: list[str] = field(default_factory=list)

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        self.commands.append(" ".join(command.argv[1:4]))
        if "pip" not in command.argv:
            return await self.local.run(command, listen=listen)
        self._copy(
            *(command.argv[command.argv.index(at) + 1] for at in ("--requirement", "--dest"))
        )
        return Finished(command, "", "")

    def _copy(self, lock: str, into: str) -> None:
        for line in Path(lock).read_text().splitlines():
            name, version = line.partition(" ")[0].split("==")
            for wheel in self.folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"):
                shutil.copy(wheel, into)

    @property
    def downloads(self) -> int:
        return sum("pip" in command for command in self.commands)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def shell(tmp_path: Path, wheels: Path) -> Wheelhouse:
    return Wheelhouse(wheels, LocalShell(tmp_path))


@pytest.fixture
def greeting(wheels: Path) -> Path:
    """A wheel with a module, a package and a console script."""
    files = {
        "greeting.py": GREETING,
        "greeted/__init__.py": "",
        "greeting-1.0.dist-info/entry_points.txt": "[console_scripts]\ngreet = greeting:main\n",
    }
    return make_wheel(wheels, "greeting", "1.0", files)


@pytest.fixture
def image(tmp_path: Path, greeting: Path) -> PythonImage:
    return service(tmp_path / "app", greeting)


def service(source: Path, *wheels: Path) -> PythonImage:
    """A package that greets, its tests, and a lock."""
    package = source / "svc"
    (package / "tests").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import greeting\nprint(greeting.hello('svc'))\n")
    (package / "tests" / "test_svc.py").write_text("assert False\n")
    (source / "requirements.txt").write_text("".join(lock_line(wheel) for wheel in wheels))
    return PythonImage(
        source=source,
        packages=("svc",),
        requirements=source / "requirements.txt",
        entrypoint=("python", "-m", "svc"),
        port=8080,
    )
