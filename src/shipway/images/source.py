"""The application's own files: what git would track, below the packages the image names."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from shipway.commands.command import Command, argv
from shipway.errors import USAGE, CommandFailed, ProgramMissing, ShipwayError
from shipway.images.ignore import DockerIgnore
from shipway.images.tree import File, Link, Tree
from shipway.shell.shell import Listener, Shell

APP = "app"
"""The working folder of the image; the source's relative paths stay as they are below it."""


@dataclass(eq=False)
class SourceMissing(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    source: Path
    package: str | None = None

    @property
    def problem(self) -> str:
        if self.package is None:
            return f"{self.source} is not a folder: an image needs the source of its application"
        return f"{self.source / self.package} is not there, and the image is to hold it"

    @property
    def remedy(self) -> str:
        return "name a folder that exists as the image's source, and packages below it"


@dataclass(eq=False)
class NothingToShip(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    source: Path
    packages: tuple[str, ...]

    @property
    def problem(self) -> str:
        return f"{self.source} has no file for the image in {', '.join(self.packages)}"

    @property
    def remedy(self) -> str:
        return f"look at {self.source / '.dockerignore'} and .gitignore: they leave nothing over"


def listing(packages: tuple[str, ...], *, cwd: Path) -> Command:
    """Tracked files and new ones that no .gitignore names."""
    return Command(
        argv(
            *(
                "git",
                "--literal-pathspecs",
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ),
            *("--", *packages),
        ),
        cwd=cwd,
    )


async def collect(
    source: Path, packages: tuple[str, ...], *, shell: Shell, listen: Listener | None = None
) -> Tree:
    """The files of `packages`, below APP in the image. Outside a git work tree all of them count.

    Never in an image: bytecode of this machine, folders named tests (unless a package names one), and what
    .dockerignore leaves out.
    """
    _check(source, packages)
    tracked = await _tracked(source, packages, shell, listen)
    tree = await asyncio.to_thread(_read, source, packages, tracked)
    if not tree:
        raise NothingToShip(source, packages)
    return tree


def _check(source: Path, packages: tuple[str, ...]) -> None:
    if not source.is_dir():
        raise SourceMissing(source)
    for package in packages:
        if not (source / package).exists():
            raise SourceMissing(source, package)


async def _tracked(
    source: Path, packages: tuple[str, ...], shell: Shell, listen: Listener | None
) -> tuple[str, ...] | None:
    if not _in_work_tree(source):
        return None
    try:
        listed = await shell.run(listing(packages, cwd=source))
    except (CommandFailed, ProgramMissing) as unanswered:
        if listen:
            listen(f"{unanswered.problem}: every file in {source} counts as source")
        return None
    return tuple(name for name in listed.stdout.split("\0") if name)


def _in_work_tree(source: Path) -> bool:
    here = source.resolve()
    return any((folder / ".git").exists() for folder in (here, *here.parents))


def _read(source: Path, packages: tuple[str, ...], tracked: tuple[str, ...] | None) -> Tree:
    ignore = _docker_ignore(source)
    names = sorted(set(_walk(source, packages) if tracked is None else tracked))
    return {
        f"{APP}/{name}": entry
        for name in names
        if not _is_left_out(name, packages) and not ignore.excludes(name)
        if (entry := _entry(source / name)) is not None
    }


def _docker_ignore(source: Path) -> DockerIgnore:
    try:
        return DockerIgnore.parse((source / ".dockerignore").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return DockerIgnore()


def _walk(source: Path, packages: tuple[str, ...]) -> Iterator[str]:
    for package in packages:
        if (source / package).is_file():
            yield PurePosixPath(package).as_posix()
        for folder, folders, files in os.walk(source / package):
            here = Path(folder).relative_to(source)
            links = (name for name in folders if (Path(folder) / name).is_symlink())
            yield from ((here / name).as_posix() for name in (*files, *links))


def _is_left_out(name: str, packages: tuple[str, ...]) -> bool:
    parts = PurePosixPath(name).parts
    named = {part for package in packages for part in PurePosixPath(package).parts}
    folders = set(parts[:-1])
    return (
        not folders.isdisjoint({"__pycache__", ".git"})
        or ("tests" in folders and "tests" not in named)
        or name.endswith((".pyc", ".pyo"))
    )


def _entry(path: Path) -> File | Link | None:
    """None for a tracked file that was deleted here and is not committed yet, and for what is no file."""
    if path.is_symlink():
        return Link(str(path.readlink()))
    if not path.is_file():
        return None
    return File(path.read_bytes(), executable=bool(path.stat().st_mode & 0o111))
