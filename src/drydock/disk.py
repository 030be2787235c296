"""The store's copy on disk: one SQLite row per object and the latest version."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from drydock.home import Hindered

LAYOUT = 1
"""Counts up when the tables change. It is the file's user_version; files from before it was kept say 0."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT, namespace TEXT, name TEXT, object BLOB, PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latest (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER);
INSERT OR IGNORE INTO latest VALUES (0, 0);
"""


class Damaged(Hindered):
    """The file is there and cannot be read."""


class Unwritable(Hindered):
    """The file takes no more: the disk is full, broken or read-only."""


class TooNew(Hindered):
    """A later drydock has written the file."""


class Disk:
    """Each write is one transaction that outlives a killed process; a power cut may cost the last ones.

    The file belongs to one process at a time. Raises Damaged, Unwritable and TooNew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=0.1)
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        with self._explained():
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            (layout,) = self._db.execute("PRAGMA user_version").fetchone()
            if layout > LAYOUT:
                raise _too_new(self._path, layout)
            if layout < LAYOUT:
                self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {LAYOUT}; COMMIT;")

    def version(self) -> int:
        with self._explained():
            row = self._db.execute("SELECT version FROM latest").fetchone()
        if row is None:
            raise _damaged(self._path, "it does not say which version is the latest")
        return int(row[0])

    def objects(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each object with the resource it was saved under, in order of namespace and name."""
        with self._explained():
            rows = self._db.execute(
                "SELECT resource, namespace, name, object FROM objects "
                "ORDER BY resource, namespace, name"
            )
            for resource, namespace, name, body in rows:
                try:
                    yield resource, msgspec.json.decode(body, type=dict[str, Any])
                except (msgspec.DecodeError, TypeError):
                    raise _damaged(
                        self._path, f"{resource} {namespace}/{name} is no object"
                    ) from None

    def save(
        self, version: int, resource: str, key: tuple[str, str], obj: Mapping[str, Any] | None
    ) -> None:
        """None removes the row."""
        with self._explained(), self._transaction():
            if obj is None:
                self._db.execute(
                    "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?",
                    (resource, *key),
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)",
                    (resource, *key, msgspec.json.encode(obj)),
                )
            self._db.execute("UPDATE latest SET version = ?", (version,))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled back already
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _explanation(self._path, error) from error


def _explanation(path: Path, error: sqlite3.Error) -> Hindered:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return _damaged(path, str(error))
        case sqlite3.SQLITE_ERROR:
            return _damaged(path, f"{error}: its tables are not drydock's")
        case sqlite3.SQLITE_FULL:
            return Unwritable(
                f"the disk is full: {path} takes no more",
                f"free some space on the disk of {path.parent}, then drydock up",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unwritable(f"another program has {path} open", f"end it: lsof {path}")
    return Unwritable(
        f"{path} cannot be used: {error}", f"look at the disk and the rights of {path.parent}"
    )


def _damaged(path: Path, why: str) -> Damaged:
    aside = path.parent / "damaged"
    return Damaged(
        f"{path} is damaged: {why}",
        f"put it aside and start with nothing: mkdir {aside} && mv {path}* {aside}",
    )


def _too_new(path: Path, layout: int) -> TooNew:
    return TooNew(
        f"{path} is of a later drydock: its layout is {layout}, this one knows {LAYOUT}",
        "use that drydock, or another folder: drydock up --home DIR",
    )
