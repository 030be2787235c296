"""The wheels of a lock: downloaded once by pip, checked by us, kept by their SHA-256."""

import asyncio
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from shipway.commands.command import Command, argv
from shipway.errors import CommandFailed, MachineRefused, ShipwayError
from shipway.images.lock import Pin
from shipway.images.runtime import Runtime
from shipway.model.bundle import canonical, digest
from shipway.shell.shell import Listener, Shell


@dataclass(eq=False)
class WheelMissing(ShipwayError):
    """pip found no wheel that this image could use."""

    package: str
    lock: Path
    line: int
    runtime: Runtime
    output: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        return (
            f"{self.lock}:{self.line}: {self.package} has no wheel for Python {self.runtime.python} "
            f"on {self.runtime.os}/{self.runtime.architecture}"
        )

    @property
    def remedy(self) -> str:
        return (
            f"pin a version of {self.package.partition('==')[0]} that has one, "
            "or make the wheel with `pip wheel` and name its folder in PIP_FIND_LINKS"
        )

    @property
    def details(self) -> tuple[str, ...]:
        return self.output


@dataclass(eq=False)
class WheelTampered(ShipwayError):
    """Bytes that are not those the lock was made for. We stop before anything of them is used."""

    package: str
    lock: Path
    line: int
    found: str | None = None

    @property
    def problem(self) -> str:
        got = f": got sha256:{self.found}" if self.found else ""
        return f"{self.lock}:{self.line}: {self.package} is not the file that the lock names{got}"

    @property
    def remedy(self) -> str:
        source = self.lock.with_suffix(".in")
        return (
            "find out who serves other bytes; if the new file is right, renew the lock: "
            f"uv pip compile --generate-hashes --no-emit-index-url {source} -o {self.lock}"
        )


@dataclass(eq=False)
class IndexUnreachable(ShipwayError):
    """pip could not ask, or gave an answer that we do not know."""

    exit_code: ClassVar[int] = 1

    packages: tuple[str, ...]
    output: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"pip could not download {', '.join(self.packages)}"

    @property
    def remedy(self) -> str:
        if any("No module named pip" in line for line in self.output):
            return f"{sys.executable} -m ensurepip"
        return "check the network and PIP_INDEX_URL, then run the same command again"

    @property
    def details(self) -> tuple[str, ...]:
        return self.output


def download(lock: Path, into: Path, runtime: Runtime) -> Command:
    """Wheels only, exactly those of the lock, no dependency that it does not name."""
    python = runtime.python if runtime.wheel_platforms else None
    return Command(
        argv(
            *(sys.executable, "-m", "pip", "download", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary=:all:", "--no-deps", "--progress-bar=off"),
            ("--platform", runtime.wheel_platforms),
            ("--python-version", python),
            ("--implementation", "cp" if python else None),
            ("--dest", into),
            ("--requirement", lock),
        )
    )


def spell(pins: Iterable[Pin]) -> str:
    """A lock for pip without markers: it would judge them by the interpreter it runs on."""
    return "".join(
        " ".join([f"{pin.name}=={pin.version}", *(f"--hash=sha256:{each}" for each in pin.hashes)])
        + "\n"
        for pin in pins
    )


@dataclass(frozen=True, slots=True)
class WheelCache:
    """`files/<sha256>/<name>.whl`, and `chosen/<key>`: which of its files a release gives to a runtime."""

    root: Path

    async def fetch(
        self,
        pins: tuple[Pin, ...],
        runtime: Runtime,
        *,
        lock: Path,
        shell: Shell,
        listen: Listener | None = None,
    ) -> tuple[Path, ...]:
        """One wheel for each pin, in their order. pip is asked only for those that are not here."""
        here = await asyncio.to_thread(self._present, pins, runtime)
        absent = tuple(pin for pin in pins if pin not in here)
        if absent:
            fresh = await self._download(absent, runtime, lock, shell, listen)
            here = {**here, **fresh}
        return tuple(here[pin] for pin in pins)

    async def _download(
        self,
        pins: tuple[Pin, ...],
        runtime: Runtime,
        lock: Path,
        shell: Shell,
        listen: Listener | None,
    ) -> Mapping[Pin, Path]:
        staging = await asyncio.to_thread(self._stage, pins)
        try:
            await shell.run(download(staging / "lock.txt", staging, runtime), listen=listen)
            return await asyncio.to_thread(self._keep, pins, runtime, staging, lock)
        except CommandFailed as failed:
            raise _explain(failed, pins, runtime, lock) from failed
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    def _stage(self, pins: tuple[Pin, ...]) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix="download-", dir=self.root))
        (staging / "lock.txt").write_text(spell(pins))
        return staging

    def _present(self, pins: tuple[Pin, ...], runtime: Runtime) -> dict[Pin, Path]:
        """A wheel that was damaged on the disk counts as absent."""
        found = {}
        for pin in pins:
            path = self._chosen(pin, runtime)
            if path and sha256(path.read_bytes()).hexdigest() in pin.hashes:
                found[pin] = path
        return found

    def _chosen(self, pin: Pin, runtime: Runtime) -> Path | None:
        try:
            choice = json.loads(self._choice(pin, runtime).read_bytes())
        except FileNotFoundError:
            return None
        path = self.root / "files" / choice["sha256"] / choice["file"]
        return path if path.is_file() else None

    def _keep(
        self, pins: tuple[Pin, ...], runtime: Runtime, staging: Path, lock: Path
    ) -> Mapping[Pin, Path]:
        kept = {}
        by_release = {_release(path): path for path in sorted(staging.glob("*.whl"))}
        for pin in pins:
            path = by_release.get((pin.name, pin.version))
            if path is None:
                raise WheelMissing(f"{pin.name}=={pin.version}", lock, pin.line, runtime)
            found = sha256(path.read_bytes()).hexdigest()
            if found not in pin.hashes:
                raise WheelTampered(f"{pin.name}=={pin.version}", lock, pin.line, found)
            home = self.root / "files" / found
            home.mkdir(parents=True, exist_ok=True)
            kept[pin] = path.replace(home / path.name)
            choice = self._choice(pin, runtime)
            choice.parent.mkdir(parents=True, exist_ok=True)
            # in the staging folder first: a reader sees all of it or nothing
            draft = staging / f"{found}.json"
            draft.write_bytes(canonical({"sha256": found, "file": path.name}))
            draft.replace(choice)
        return kept

    def _choice(self, pin: Pin, runtime: Runtime) -> Path:
        key = digest(canonical([pin.name, pin.version, pin.hashes, runtime.fingerprint]))
        return self.root / "chosen" / key.removeprefix("sha256:")


def _release(wheel: Path) -> tuple[str, str]:
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename:
        return wheel.name, ""
    return name, str(version)


def _explain(
    failed: CommandFailed, pins: tuple[Pin, ...], runtime: Runtime, lock: Path
) -> ShipwayError:
    """The exit code of pip is 1 for everything: only its words tell what happened."""
    said = "\n".join(failed.tail)
    if (full := os.strerror(errno.ENOSPC)) in said:
        return MachineRefused(full, "while pip downloaded wheels")
    named = [pin for pin in pins if f"{pin.name}=={pin.version}" in said.replace("_", "-").lower()]
    if "DO NOT MATCH THE HASHES" in said and named:
        return WheelTampered(f"{named[0].name}=={named[0].version}", lock, named[0].line)
    offline = "Retrying (" in said or "Could not fetch URL" in said
    if "No matching distribution found" in said and named and not offline:
        package = f"{named[-1].name}=={named[-1].version}"
        return WheelMissing(package, lock, named[-1].line, runtime, failed.tail)
    return IndexUnreachable(tuple(pin.name for pin in pins), failed.tail)
