"""What of the project a container gets: the files that git does not ignore."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from shipway.errors import CommandFailed, ProgramMissing
from shipway.images.source import listing
from shipway.shell.shell import Shell

NEVER = (".git", ".shipway", ".venv", "__pycache__")
"""Names of files and folders that stay behind wherever they are, ignored or not."""


@asynccontextmanager
async def copied(root: Path, shell: Shell) -> AsyncIterator[Path]:
    """A folder with a copy that everybody may read, until the end of the block."""
    names = await _names(root, shell)
    with TemporaryDirectory(prefix="shipway-source-") as folder:
        await asyncio.to_thread(_copy, root, names, Path(folder))
        yield Path(folder)


async def _names(root: Path, shell: Shell) -> list[PurePath] | None:
    """None where git knows nothing of them: all of them count then."""
    try:
        listed = await shell.run(listing((".",), cwd=root))
    except (CommandFailed, ProgramMissing):
        return None
    return [PurePath(name) for name in listed.stdout.split("\0") if name] or None


def _copy(root: Path, names: list[PurePath] | None, into: Path) -> None:
    into.chmod(0o755)
    for name in _walk(root) if names is None else names:
        if not set(name.parts).isdisjoint(NEVER):
            continue
        source, target = root / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():  # a tracked file may have been deleted
            shutil.copyfile(source, target)
            target.chmod(0o755 if source.stat().st_mode & 0o111 else 0o644)


def _walk(root: Path) -> Iterator[PurePath]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NEVER]
        here = Path(folder)
        links = (name for name in folders if (here / name).is_symlink())
        yield from ((here / name).relative_to(root) for name in (*files, *links))
