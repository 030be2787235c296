"""Single members out of archives, as streams: nothing is unpacked that is not wanted, nothing is held in memory."""

import fnmatch
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CHUNK = 1 << 20


class NoArchive(Exception):
    """Not the archive, or not the member, that was expected."""


@contextmanager
def tar_member(archive: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """A member of a gzipped tar, read up to it and no further."""
    with _said_plainly(), tarfile.open(fileobj=archive, mode="r|gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name == name else None
            if content is not None:
                yield content
                return
        raise NoArchive(f"it has no {name}")


@contextmanager
def zip_member(archive: Path, pattern: str) -> Iterator[IO[bytes]]:
    """The first member of a zip file whose name matches."""
    with _said_plainly(), zipfile.ZipFile(archive) as members:
        name = next(iter(fnmatch.filter(members.namelist(), pattern)), None)
        if name is None:
            raise NoArchive(f"it has no {pattern}")
        with members.open(name) as content:
            yield content


def copy(content: IO[bytes], into: Path) -> Path:
    with into.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)
    return into


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise NoArchive(f"it cannot be read: {error}") from error
