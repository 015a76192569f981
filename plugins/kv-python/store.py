"""The store: one SQLite file, one connection, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (revision INTEGER NOT NULL);
INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
"""

PAGE = 200
"""How many entries a listing reads at once: it must not keep writers waiting while its caller is slow."""


class Entry(NamedTuple):
    """Is one stored pair with the number of the change that wrote it."""

    key: str
    value: str
    revision: int


class ConflictError(Exception):
    """Says that a key has another revision than expected.

    Attributes:
        revision: the one it has; 0 when it does not exist.
    """

    def __init__(self, revision: int) -> None:
        super().__init__(f"the revision is {revision}")
        self.revision = revision


class Store:
    """Keeps pairs of text; a change is on disk when the method that made it returns.

    Args:
        path: the database file; made if it does not exist.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "PRAGMA synchronous=FULL"
        )  # each commit reaches the disk before it is answered
        self._database.executescript(SCHEMA)

    def get(self, key: str) -> Entry | None:
        """Read one entry."""
        with self._lock:
            row = self._database.execute(
                "SELECT key, value, revision FROM entry WHERE key = ?", (key,)
            ).fetchone()
        return Entry(*row) if row else None

    def put(self, pairs: Iterable[tuple[str, str]], *, expected: int | None = None) -> tuple[int, int]:
        """Write all pairs or none; return how many they were and the last revision.

        Raises:
            ConflictError: the first pair's key has another revision than `expected`.
        """
        count = 0
        with self._lock, _Transaction(self._database):
            (revision,) = self._database.execute("SELECT revision FROM counter").fetchone()
            for key, value in pairs:
                if expected is not None and not count:
                    self._expect(key, expected)
                count += 1
                revision += 1
                self._database.execute(
                    "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (key, value, revision)
                )
            self._database.execute("UPDATE counter SET revision = ?", (revision,))
        return count, revision

    def delete(self, key: str) -> bool:
        """Remove a key; tell whether it was there."""
        with self._lock, _Transaction(self._database):
            found = self._database.execute("DELETE FROM entry WHERE key = ?", (key,)).rowcount > 0
            if found:
                self._database.execute("UPDATE counter SET revision = revision + 1")
        return found

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield the entries whose keys begin with `prefix` in order, page by page, each page as it is then."""
        after, operator = prefix, ">="
        while True:
            with self._lock:
                rows = self._database.execute(
                    f"SELECT key, value, revision FROM entry WHERE key {operator} ?"  # noqa: S608 - one of two operators
                    " AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?",
                    (after, len(prefix), prefix, PAGE),
                ).fetchall()
            for row in rows:
                yield Entry(*row)
            if len(rows) < PAGE:
                return
            after, operator = rows[-1][0], ">"

    def statistics(self) -> tuple[int, int, int]:
        """Give the number of keys, their bytes with the values', and the last revision."""
        with self._lock:
            keys, size = self._database.execute(
                "SELECT count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(CAST(value AS BLOB))), 0) FROM entry"
            ).fetchone()
            (revision,) = self._database.execute("SELECT revision FROM counter").fetchone()
        return keys, size, revision

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _expect(self, key: str, expected: int) -> None:
        row = self._database.execute("SELECT revision FROM entry WHERE key = ?", (key,)).fetchone()
        actual = row[0] if row else 0
        if actual != expected:
            raise ConflictError(actual)


class _Transaction:
    """Commits what happens inside, or nothing of it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")
