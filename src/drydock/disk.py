"""The store's copy on disk: one SQLite row per object and the latest version."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT, namespace TEXT, name TEXT, object BLOB, PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latest (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER);
INSERT OR IGNORE INTO latest VALUES (0, 0);
"""


class Disk:
    """Each write is one transaction that outlives a killed process; a power cut may cost the last ones.

    The file belongs to one process at a time: a second one gets sqlite3.OperationalError.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0.1)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def version(self) -> int:
        (version,) = self._db.execute("SELECT version FROM latest").fetchone()
        return int(version)

    def objects(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each object with the resource it was saved under, in order of namespace and name."""
        rows = self._db.execute(
            "SELECT resource, object FROM objects ORDER BY resource, namespace, name"
        )
        for resource, body in rows:
            yield resource, msgspec.json.decode(body, type=dict[str, Any])

    def save(
        self, version: int, resource: str, key: tuple[str, str], obj: Mapping[str, Any] | None
    ) -> None:
        """None removes the row."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
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
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._db.close()
