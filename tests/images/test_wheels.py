import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.errors import CommandFailed, MachineRefused, ShipwayError
from shipway.images.lock import Pin
from shipway.images.runtime import Runtime
from shipway.images.wheels import (
    IndexUnreachable,
    WheelCache,
    WheelMissing,
    WheelTampered,
    download,
)
from shipway.shell.shell import Finished, Listener

LOCK = Path("app/requirements.txt")
CONTENT = b"the wheel of one"


def pin(name: str, content: bytes = CONTENT, line: int = 1) -> Pin:
    return Pin(name, "1.0", (sha256(content).hexdigest(),), None, line)


@dataclass
class Index:
    """A shell in which pip puts the same bytes into a file for each name, or fails with these words."""

    content: bytes = CONTENT
    says: str = ""
    asked: int = 0

    async def run(self, command: Command, *, listen: Listener | None = None) -> Finished:
        self.asked += 1
        if self.says:
            raise CommandFailed("pip download", 1, tuple(self.says.splitlines()))
        self._answer(Path(command.argv[-1]), Path(command.argv[-3]))
        return Finished(command, "", "")

    def _answer(self, lock: Path, into: Path) -> None:
        for line in lock.read_text().splitlines():
            (into / f"{line.partition('==')[0]}-1.0-py3-none-any.whl").write_bytes(self.content)


def wheels_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.whl"))


async def fetch(cache: Path, index: Index, *pins: Pin) -> list[str]:
    runtime = Runtime.host()
    found = await WheelCache(cache).fetch(pins, runtime, lock=LOCK, shell=index)
    return [path.name for path in found]


def test_for_this_machine_pip_chooses_by_its_own_interpreter() -> None:
    assert str(download(Path("lock.txt"), Path("out"), Runtime.host())) == (
        f"{sys.executable} -m pip download --disable-pip-version-check --require-hashes "
        "--only-binary=:all: --no-deps --progress-bar=off --dest out --requirement lock.txt"
    )


def test_for_a_base_image_pip_is_told_its_python_and_its_platform() -> None:
    command = str(download(Path("lock.txt"), Path("out"), Runtime("3.12", "linux", "arm64")))
    assert command.startswith(
        f"{sys.executable} -m pip download --disable-pip-version-check --require-hashes "
        "--only-binary=:all: --no-deps --progress-bar=off --platform manylinux_2_28_aarch64 "
        "--platform manylinux_2_27_aarch64 "
    )
    assert command.endswith(
        "--platform manylinux_2_17_aarch64 --python-version 3.12 --implementation cp "
        "--dest out --requirement lock.txt"
    )


async def test_wheels_are_asked_for_once(tmp_path: Path) -> None:
    index = Index()
    assert await fetch(tmp_path, index, pin("one")) == ["one-1.0-py3-none-any.whl"]
    assert await fetch(tmp_path, index, pin("one")) == ["one-1.0-py3-none-any.whl"]
    assert index.asked == 1


async def test_a_new_pin_asks_for_its_own_wheel_only(tmp_path: Path) -> None:
    await fetch(tmp_path, Index(), pin("one"))
    other = Index(content=b"the wheel of two")
    found = await fetch(tmp_path, other, pin("one"), pin("two", b"the wheel of two"))
    assert found == ["one-1.0-py3-none-any.whl", "two-1.0-py3-none-any.whl"]


async def test_another_platform_has_wheels_of_its_own(tmp_path: Path) -> None:
    index = Index()
    for architecture in ("amd64", "arm64"):
        runtime = Runtime("3.12", "linux", architecture)
        await WheelCache(tmp_path).fetch((pin("one"),), runtime, lock=LOCK, shell=index)
    assert index.asked == 2


async def test_a_wheel_that_was_damaged_on_the_disk_is_fetched_again(tmp_path: Path) -> None:
    index = Index()
    (path,) = await WheelCache(tmp_path).fetch(
        (pin("one"),), Runtime.host(), lock=LOCK, shell=index
    )
    path.write_bytes(b"bit rot")
    await fetch(tmp_path, index, pin("one"))
    assert (index.asked, path.read_bytes()) == (2, CONTENT)


async def test_bytes_that_the_lock_does_not_name_are_never_kept(tmp_path: Path) -> None:
    with pytest.raises(WheelTampered) as refused:
        await fetch(tmp_path, Index(content=b"other"), pin("one", line=7))
    assert refused.value.problem == (
        "app/requirements.txt:7: one==1.0 is not the file that the lock names: "
        f"got sha256:{sha256(b'other').hexdigest()}"
    )
    assert wheels_in(tmp_path) == []


NO_MATCH = """\
ERROR: Could not find a version that satisfies the requirement one==1.0 (from versions: none)
ERROR: No matching distribution found for one==1.0"""
OFFLINE = f"WARNING: Retrying (Retry(total=0)) after connection broken\n{NO_MATCH}"
FULL = "  OSError: [Errno 28] No space left on device: '/tmp/one.whl' -> '/cache/one.whl'"
HASHES = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    one==1.0 from https://example/one-1.0.whl:
        Expected sha256 aa"""


@pytest.mark.parametrize(
    ("says", "kind", "problem"),
    [
        (
            NO_MATCH,
            WheelMissing,
            f"app/requirements.txt:3: one==1.0 has no wheel for Python {Runtime.host().python} "
            f"on {Runtime.host().os}/{Runtime.host().architecture}",
        ),
        (OFFLINE, IndexUnreachable, "pip could not download one"),
        (FULL, MachineRefused, "No space left on device: while pip downloaded wheels"),
        (
            HASHES,
            WheelTampered,
            "app/requirements.txt:3: one==1.0 is not the file that the lock names",
        ),
    ],
)
async def test_what_pip_said_becomes_an_error_that_says_what_to_do(
    tmp_path: Path, says: str, kind: type[ShipwayError], problem: str
) -> None:
    with pytest.raises(kind) as refused:
        await fetch(tmp_path, Index(says=says), pin("one", line=3))
    assert refused.value.problem == problem
    assert refused.value.remedy


async def test_a_python_without_pip_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreachable) as refused:
        await fetch(tmp_path, Index(says="/bin/python: No module named pip"), pin("one"))
    assert refused.value.remedy == f"{sys.executable} -m ensurepip"
