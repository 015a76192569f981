"""The SQLite file: one row for each call, and one for each time that calls could not be noted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

KEPT_CALLS: Final = 1_000_000
"""The oldest go first: some 150 MB, which nobody has to watch."""

BUSY_SECONDS: Final = 5.0
"""How long a write waits for a program that holds the file locked, such as a backup."""

SCHEMA: Final = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS calls (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        plugin TEXT NOT NULL,
        method TEXT NOT NULL,
        caller TEXT,
        outcome TEXT NOT NULL,
        error TEXT,
        duration_ms REAL NOT NULL,
        params_size INTEGER NOT NULL,
        result_size INTEGER,
        params TEXT
    );
    CREATE TABLE IF NOT EXISTS dropped (at REAL NOT NULL, calls INTEGER NOT NULL);
"""


@dataclass(kw_only=True, slots=True, eq=False)
class Call:
    """Is one call, from the moment that it is made; the fields are the columns of the table.

    Attributes:
        at: when it was made, seconds since the epoch.
        plugin: who was called.
        method: full name of the method.
        caller: id of the plugin that called, or None for a call from outside.
        outcome: `ok`, the code of the error, `cancelled`, or `cut-off` when the host stopped before there was one.
        error: the name that the plugin gave its error, or None.
        duration_ms: milliseconds until the outcome.
        params_size: characters and bytes of the texts and binary values on top of the params.
        result_size: the same of the result; None without one.
        params: the params as JSON, where that was asked for.
    """

    at: float
    plugin: str
    method: str
    caller: str | None = None
    outcome: str = "cut-off"
    error: str | None = None
    duration_ms: float = 0.0
    params_size: int = 0
    result_size: int | None = None
    params: str | None = None


COLUMNS: Final = ", ".join(field.name for field in fields(Call))
PLACES: Final = ", ".join("?" for _ in fields(Call))


class Store:
    """Writes the file; made anew where there is none.

    Its methods block. They may be called from different threads, one at a time.

    Args:
        file: the path.
        keep: how many calls are kept.
    """

    def __init__(self, file: Path, *, keep: int = KEPT_CALLS) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._keep = keep
        self._connection = sqlite3.connect(file, timeout=BUSY_SECONDS, check_same_thread=False)
        self._connection.executescript(SCHEMA)

    def add(self, calls: Sequence[Call], *, dropped: int, at: float) -> None:
        """Write calls in one transaction, and how many could not be noted since the last one."""
        with self._connection as transaction:
            rows = [astuple(call) for call in calls]
            transaction.executemany(f"INSERT INTO calls ({COLUMNS}) VALUES ({PLACES})", rows)  # noqa: S608 - names of our own fields
            if dropped:
                transaction.execute("INSERT INTO dropped VALUES (?, ?)", (at, dropped))
            transaction.execute(
                "DELETE FROM calls WHERE id <= (SELECT max(id) FROM calls) - ?", (self._keep,)
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def last_calls(file: Path, count: int = 20, *, plugin: str | None = None) -> list[Call]:
    """Read the latest calls, the oldest first; the host may write on meanwhile.

    Args:
        file: what the extension writes: `<data>/extensions/audit_log/calls.db`.
        count: how many at most.
        plugin: only calls of this one.

    Raises:
        FileNotFoundError: there is no such file: nothing was called yet, or it lies elsewhere.
        sqlite3.DatabaseError: it is not a file of this extension.
    """
    if not file.exists():
        raise FileNotFoundError(f"there is no audit log in {file}")
    with closing(
        sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    ) as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM calls WHERE ?1 IS NULL OR plugin = ?1 ORDER BY id DESC LIMIT ?2",  # noqa: S608 - as above
            (plugin, count),
        ).fetchall()
    names = [field.name for field in fields(Call)]
    return [Call(**dict(zip(names, row, strict=True))) for row in reversed(rows)]


def count_dropped(file: Path) -> int:
    """Return how many calls the log lacks because they came faster than they could be written."""
    with closing(
        sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    ) as connection:
        (count,) = connection.execute("SELECT coalesce(sum(calls), 0) FROM dropped").fetchone()
    return int(count)
