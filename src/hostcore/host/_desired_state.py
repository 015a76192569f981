"""What operators asked for: which plugins are to run, to be stopped or disabled, and with which configuration.

It outlives the host: one file, one transaction a change, on the disk before the change is acted upon. So a command is
either known after a crash or was never answered.
"""

from __future__ import annotations

import enum
import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import trio

from hostcore.errors import ConfigError, HostClosedError

# Marks the file as ours ("Poly" in ASCII): another program's database is not to be written to.
APPLICATION_ID: Final = 0x506F6C79

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # A folder is bytes: the names of files on Linux need not be text.
        """CREATE TABLE plugin (
            id TEXT PRIMARY KEY,
            folder BLOB,
            wanted TEXT NOT NULL,
            config TEXT,
            changed_at REAL NOT NULL
        ) STRICT""",
    ),
)
"""Step n takes a file of version n - 1 to version n; steps are added, never changed."""

# A backup or a curious `sqlite3` reads such a file within a moment; who holds it for longer will not let go soon.
BUSY_SECONDS: Final = 5.0
# A disk that spins up, or a device that is full of other writes, takes seconds for an fsync; after this it hangs.
WRITE_SECONDS: Final = 30.0
_PRIVATE: Final = 0o600

_HINTS: Final[Mapping[str, str]] = {
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_IOERR": "see whether its disk is well and has room",
    "SQLITE_READONLY": "the host must be able to write to the file and its folder",
    "SQLITE_CANTOPEN": "the host must be able to read and write the file and its folder",
    "SQLITE_PERM": "the host must be able to read and write the file and its folder",
    "SQLITE_BUSY": "another program holds it: close that one",
    "SQLITE_LOCKED": "another program holds it: close that one",
}
_DAMAGED: Final = (
    "restore it from a backup, or move it away to begin anew: plugins then run as the configuration says"
)


class Wanted(enum.StrEnum):
    """Says what an operator asked of a plugin."""

    RUNNING = "running"
    STOPPED = "stopped"
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedPlugin:
    """Says what was asked of one plugin, and lasts until it is unloaded.

    Attributes:
        id: the plugin's id.
        folder: where it was loaded from by a command; None: the configuration names it, or a searched folder has it.
        wanted: running, stopped or disabled.
        config: what a command laid over the manifest's configuration and the file's; None for nothing.
        changed_at: when it was asked for, seconds since the epoch.
    """

    id: str
    folder: Path | None = None
    wanted: Wanted = Wanted.RUNNING
    config: Mapping[str, Any] | None = None
    changed_at: float


_Row = tuple[str, bytes | None, str, str | None, float]


class DesiredState:
    """Holds what was asked of each plugin; without a file it forgets that with the host.

    `open` gives one with a file. Changes are made one after the other, in the order in which they were asked for. It is
    a context manager that closes it.
    """

    def __init__(self) -> None:
        self._records: dict[str, WantedPlugin] = {}
        self._file: _File | None = None
        self._closed = False
        self._turn = trio.Lock()
        # A write that hangs keeps its token: later ones give up instead of taking a thread each.
        self._threads = trio.CapacityLimiter(1)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the state in a file; makes the file, private to the user, when there is none.

        Blocks for moments, as any reading of a file.

        Raises:
            ConfigError: it is no such file, is damaged, is of a newer Polyhost, or cannot be used; it is left as it is.
        """
        state = cls()
        state._file = _File(path)
        try:
            state._records = {record.id: record for record in state._file.records()}
        except ConfigError:
            state._file.close()
            raise
        return state

    def __repr__(self) -> str:
        place = "memory" if self._file is None else self._file.path
        return f"<DesiredState in {place} plugins={len(self._records)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plugins(self) -> tuple[WantedPlugin, ...]:
        """Return what was asked of each plugin, sorted by id."""
        return tuple(self._records[plugin_id] for plugin_id in sorted(self._records))

    async def put(self, record: WantedPlugin) -> None:
        """Remember what was asked of a plugin, in place of what was asked before; returns when it is on the disk.

        A caller that is cancelled while it waits for its turn has asked for nothing; from then on the change is made.

        Raises:
            ConfigError: it cannot be written, or its configuration is no JSON. What was asked before still holds.
            HostClosedError: it is closed.
        """
        row = _as_row(record)
        # A copy: the caller may change its own, and after a new start there are JSON's types, too.
        kept = replace(record, config=None if row[3] is None else json.loads(row[3]))

        def apply() -> None:
            self._records[record.id] = kept

        await self._change(lambda file: file.put(row), apply)

    async def remove(self, *plugin_ids: str) -> None:
        """Forget what was asked of plugins, if anything was, of all or of none; waits and raises as `put`."""

        def apply() -> None:
            for plugin_id in plugin_ids:
                self._records.pop(plugin_id, None)

        await self._change(lambda file: file.remove(plugin_ids), apply)

    async def _change(self, write: Callable[[_File], None], apply: Callable[[], None]) -> None:
        async with self._turn:
            if self._closed:
                raise HostClosedError("what was asked of plugins is not kept any more: the host has stopped")
            if self._file is not None:
                await self._write(self._file, write)
            apply()

    async def _write(self, file: _File, write: Callable[[_File], None]) -> None:
        with trio.CancelScope(shield=True, relative_deadline=WRITE_SECONDS) as scope:
            await trio.to_thread.run_sync(partial(write, file), abandon_on_cancel=True, limiter=self._threads)
        if scope.cancelled_caught:
            raise ConfigError(
                f"what was asked of the plugin was not written within {WRITE_SECONDS:g} s",
                location=str(file.path),
                hint="see whether its disk hangs; whether the change is kept shows at the host's next start",
            )

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._closed = True
        # A write that hangs holds the connection, and closing it would wait for the disk without a bound.
        if self._file is not None and not self._threads.borrowed_tokens:
            self._file.close()


class _File:
    """Is the database; all but `close` blocks on the disk, and is called by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            _make_private(self.path)
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except sqlite3.Error as error:
            raise self._failed("opened", error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise self._failed("read", error) from error
        except ConfigError:
            self.close()
            raise

    def _prepare(self) -> None:
        """Look at the file before anything of it is changed, then bring it up to date."""
        version = self._pragma("user_version")
        is_new = not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if (version or not is_new) and self._pragma("application_id") != APPLICATION_ID:
            raise self._unusable("it is the database of another program", "name another data folder")
        if version > len(MIGRATIONS):
            raise self._unusable(
                f"it is of a newer Polyhost: version {version}, and this one knows {len(MIGRATIONS)}",
                "run the newer Polyhost, or name another data folder",
            )
        if (found := self._pragma("quick_check")) != "ok":
            raise self._unusable(f"it is damaged: {found}", _DAMAGED)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            self._migrate(number, statements)

    def _migrate(self, number: int, statements: Iterable[str]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {number}")
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _pragma(self, name: str) -> Any:
        with closing(self._connection.execute(f"PRAGMA {name}")) as cursor:
            return cursor.fetchone()[0]

    def records(self) -> list[WantedPlugin]:
        """Read all records."""
        try:
            rows = self._connection.execute(
                "SELECT id, folder, wanted, config, changed_at FROM plugin"
            ).fetchall()
        except sqlite3.Error as error:
            raise self._failed("read", error) from error
        try:
            return [_as_record(row) for row in rows]
        except ValueError as error:
            raise self._unusable(f"it holds what Polyhost never wrote: {error}", _DAMAGED) from error

    def put(self, row: _Row) -> None:
        """Write one record."""
        self._execute(
            "INSERT INTO plugin (id, folder, wanted, config, changed_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, wanted = excluded.wanted,"
            " config = excluded.config, changed_at = excluded.changed_at",
            row,
        )

    def remove(self, plugin_ids: Sequence[str]) -> None:
        """Delete records, all of them or none."""
        self._execute(
            "DELETE FROM plugin WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(plugin_ids),)
        )

    def _execute(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one statement: a transaction of its own, on the disk when it returns."""
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed("written", error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _failed(self, what: str, error: sqlite3.Error) -> ConfigError:
        name = getattr(error, "sqlite_errorname", "")
        primary = "_".join(name.split("_")[:2])  # SQLITE_IOERR_WRITE and its like are kinds of SQLITE_IOERR
        hint = _HINTS.get(primary, _DAMAGED)
        return self._unusable(f"it cannot be {what}: {error}", hint)

    def _unusable(self, why: str, hint: str = "the host must be able to read and write it") -> ConfigError:
        return ConfigError(
            f"the file that keeps what was asked of plugins cannot be used: {why}",
            location=str(self.path),
            hint=hint,
            details={"reason": "desired-state"},
        )


def _make_private(path: Path) -> None:
    """Make the file if there is none, for its user alone; SQLite gives the files beside it the same mode.

    Raises `OSError`, also for what is no ordinary file: a pipe would be waited for.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE))
    except FileExistsError:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise OSError(0, "it is no ordinary file") from None
        if stat.S_IMODE(mode) != _PRIVATE:
            path.chmod(_PRIVATE)


def _as_row(record: WantedPlugin) -> _Row:
    try:
        config = None if record.config is None else json.dumps(dict(record.config), allow_nan=False)
        record.id.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"what was asked of {record.id!r} cannot be kept: {error}",
            hint="a configuration is JSON: objects, lists, texts, finite numbers, true, false and null",
        ) from error
    folder = None if record.folder is None else os.fsencode(record.folder)
    return record.id, folder, record.wanted.value, config, record.changed_at


def _as_record(row: _Row) -> WantedPlugin:
    plugin_id, folder, wanted, config, changed_at = row
    values = None if config is None else json.loads(config)
    if values is not None and not isinstance(values, dict):
        raise ValueError(f"the configuration of {plugin_id} is no object")
    return WantedPlugin(
        id=plugin_id,
        folder=None if folder is None else Path(os.fsdecode(folder)),
        wanted=Wanted(wanted),
        config=values,
        changed_at=changed_at,
    )
