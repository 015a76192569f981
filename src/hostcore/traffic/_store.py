"""The file that keeps the log: its tables, what is written to it, and what is deleted from it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from hostcore.storage import make_private

APPLICATION_ID: Final = 0x506F6C54
"""Marks the file as ours ("PolT" in ASCII): another program's database is not to be written to."""

FILE_NAME: Final = "traffic.sqlite3"
DAMAGED_NAME: Final = "traffic.damaged.sqlite3"
"""What a file is called that cannot be read any more; the log begins anew beside it, and the next one replaces it."""

_SIDES: Final = ("", "-wal", "-shm")
BUSY_SECONDS: Final = 5.0
"""How long a write waits for another program that holds the file; the calls do not wait for the write."""

ROWS_A_STATEMENT: Final = 128
"""Rows of one insert: the interpreter's lock is held while their values are bound, about a tenth of a millisecond."""

PRUNE_ROWS: Final = 2000
"""Calls whose time bounds one step of deleting: some milliseconds of work."""

_PARTS: Final = 8
"""What part of few rows one step deletes."""

SPARED_BYTES: Final = 64 * 1024 * 1024
SPARED_PART: Final = 4
"""What of a disk is left to others: so many bytes, or this part of a small disk; enough, too, for SQLite's own log."""

WAL_BYTES: Final = 16 * 1024 * 1024
"""What SQLite's own log is cut to after it was written back."""

CACHE_KIB: Final = 4096
"""Memory of one connection for pages; the rows that are written are the latest, which lie together."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE call (
            id INTEGER PRIMARY KEY,
            parent INTEGER,
            plugin TEXT NOT NULL,
            method TEXT NOT NULL,
            to_host INTEGER NOT NULL,
            caller TEXT,
            instance INTEGER,
            pid INTEGER,
            at REAL NOT NULL,
            duration REAL NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT,
            request_bytes INTEGER NOT NULL,
            response_bytes INTEGER NOT NULL,
            items_in INTEGER NOT NULL,
            items_out INTEGER NOT NULL,
            streaming INTEGER NOT NULL,
            params TEXT,
            params_flags INTEGER,
            result TEXT,
            result_flags INTEGER
        ) STRICT""",
        "CREATE INDEX call_at ON call (at)",
        # Few calls have a parent or fail: the index of these costs the others nothing.
        "CREATE INDEX call_parent ON call (parent) WHERE parent IS NOT NULL",
        "CREATE INDEX call_failed ON call (id) WHERE outcome <> 'ok'",
        """CREATE TABLE message (
            id INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            plugin TEXT NOT NULL,
            instance INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            to_host INTEGER NOT NULL,
            kind TEXT NOT NULL,
            wire_id INTEGER,
            method TEXT,
            size INTEGER NOT NULL,
            call INTEGER,
            is_error INTEGER NOT NULL,
            body TEXT,
            body_flags INTEGER
        ) STRICT""",
        "CREATE INDEX message_at ON message (at)",
        "CREATE INDEX message_call ON message (call) WHERE call IS NOT NULL",
    ),
)
"""Step n takes a file of version n - 1 to version n; steps are added, never changed."""


class Table(NamedTuple):
    """Is where rows go.

    Attributes:
        name: of the table.
        columns: those that a row has a value for, in their order.
    """

    name: str
    columns: tuple[str, ...]


CALL_COLUMNS: Final = (
    "id", "parent", "plugin", "method", "to_host", "caller", "instance", "pid", "at", "duration", "outcome", "error",
    "request_bytes", "response_bytes", "items_in", "items_out", "streaming",
)  # fmt: skip
BODY_COLUMNS: Final = ("params", "params_flags", "result", "result_flags")
MESSAGE_COLUMNS: Final = (
    "id", "at", "plugin", "instance", "pid", "to_host", "kind", "wire_id", "method", "size", "call", "is_error", "body",
    "body_flags",
)  # fmt: skip

CALLS: Final = Table("call", CALL_COLUMNS)
CALLS_WITH_BODIES: Final = Table("call", (*CALL_COLUMNS, *BODY_COLUMNS))
MESSAGES: Final = Table("message", MESSAGE_COLUMNS)


class Batch(NamedTuple):
    """Is rows on their way to the disk.

    Attributes:
        table: where they go.
        values: those of all rows, one after the other: no row is an object of its own.
    """

    table: Table
    values: list[Any]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.values) // len(self.table.columns)


class DamagedError(Exception):
    """Says that the file is no database, or is broken: it has to be set aside."""


class TrafficStore:
    """Writes the file; all of it blocks on the disk and belongs to one thread. Raises `sqlite3.Error` and `OSError`.

    Args:
        path: the file; it is made, private to the user, when there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise
        self._rows_a_statement = ROWS_A_STATEMENT
        most = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        for table in (CALLS, CALLS_WITH_BODIES, MESSAGES):
            self._rows_a_statement = min(self._rows_a_statement, most // len(table.columns))

    def __repr__(self) -> str:
        return f"<TrafficStore {self.path}>"

    def _prepare(self) -> None:
        run = self._connection.execute
        try:
            version = self._pragma("user_version")
            is_new = not run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if is_new:
                run("PRAGMA auto_vacuum = INCREMENTAL")
            elif self._pragma("application_id") != APPLICATION_ID or version > len(MIGRATIONS):
                raise DamagedError(f"{self.path} is of another program, or of a newer Polyhost")
            run("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise DamagedError(str(error)) from error
            raise
        # A crash of the machine may cost the last moments of a log, in favour of all moments before.
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        run(f"PRAGMA cache_size = -{CACHE_KIB}")
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            self._migrate(number, statements)

    def _migrate(self, number: int, statements: Iterable[str]) -> None:
        with _Transaction(self._connection):
            for statement in statements:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {number}")

    def _pragma(self, name: str) -> int:
        value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value

    def write(self, batches: Sequence[Batch]) -> None:
        """Write all of it, or nothing, in one transaction."""
        try:
            with _Transaction(self._connection):
                for batch in batches:
                    self._insert(batch)
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise DamagedError(str(error)) from error
            raise

    def _insert(self, batch: Batch) -> None:
        table, values = batch
        width = len(table.columns)
        step = self._rows_a_statement * width
        for start in range(0, len(values), step):
            part = values[start : start + step]
            self._connection.execute(_insertion(table, len(part) // width), part)

    def size(self) -> int:
        """Return the bytes of what is kept, without room that deleted rows have left."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def prune_before(self, moment: float) -> int:
        """Delete what is older than a moment, at most `PRUNE_ROWS` of each kind; returns how many rows that were."""
        return self._delete("at < ?", moment)

    def prune_oldest(self) -> int:
        """Delete the oldest, some of them; returns how many rows that were, 0 when there are none."""
        moments = [moment for table in ("call", "message") if (moment := self._early(table)) is not None]
        return self._delete("at <= ?", min(moments)) if moments else 0

    def _early(self, table: str) -> float | None:
        """Return a moment with some of a table's rows before it: a part of few, no more than a step of many."""
        some = f"SELECT 1 FROM {table} LIMIT {PRUNE_ROWS * _PARTS}"  # noqa: S608 - a name of our own
        count = self._connection.execute(f"SELECT count(*) FROM ({some})").fetchone()[0]  # noqa: S608 - as above
        row = self._connection.execute(
            f"SELECT at FROM {table} ORDER BY at LIMIT 1 OFFSET ?",  # noqa: S608 - as above
            (count // _PARTS,),
        ).fetchone()
        return row[0] if row is not None else None

    def _delete(self, condition: str, moment: float) -> int:
        deleted = 0
        with _Transaction(self._connection):
            for table in ("call", "message"):
                chosen = f"SELECT id FROM {table} WHERE {condition} ORDER BY at LIMIT {PRUNE_ROWS}"  # noqa: S608 - as above
                done = self._connection.execute(f"DELETE FROM {table} WHERE id IN ({chosen})", (moment,))  # noqa: S608 - as above
                deleted += done.rowcount
        return deleted

    def refuse_without_room(self) -> None:
        """Raise `OSError` when little of the disk is free: the log shall not take what others need more."""
        disk = os.statvfs(self.path.parent)
        least = min(SPARED_BYTES, disk.f_blocks * disk.f_frsize // SPARED_PART)
        free = disk.f_bavail * disk.f_frsize
        if free < least:
            raise OSError(errno.ENOSPC, f"less than {least // 2**20} MiB of its disk are free")

    def give_back(self) -> None:
        """Give room that deleted rows have left back to the disk, some of it."""
        self._connection.execute(f"PRAGMA incremental_vacuum({PRUNE_ROWS})").fetchall()

    def make_room(self) -> None:
        """Write SQLite's own log back and cut it: that takes much of the room of a small one."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Transaction:
    """Commits what is done inside, or takes all of it back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


_STATEMENTS: Final[Mapping[Table, str]] = {
    # Two calls have one id only when the clock was set back between two runs of the host: the later one counts.
    table: f"INSERT OR REPLACE INTO {table.name} ({', '.join(table.columns)}) VALUES "  # noqa: S608 - as above
    for table in (CALLS, CALLS_WITH_BODIES, MESSAGES)
}


def _insertion(table: Table, rows: int) -> str:
    row = f"({','.join('?' * len(table.columns))})"
    return _STATEMENTS[table] + ",".join([row] * rows)


def set_aside(path: Path) -> None:
    """Give a damaged file another name, in place of an earlier one."""
    for side in _SIDES:
        with suppress(FileNotFoundError):
            Path(f"{path}{side}").replace(f"{path.with_name(DAMAGED_NAME)}{side}")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
