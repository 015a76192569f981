"""A private SQLite file: opened with care, written by one thread, and read while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import trio

from hostcore.errors import ConfigError, StorageError
from hostcore.storage._private import make_private

T = TypeVar("T")

Statement = tuple[str, Sequence[Any]]
"""Is one statement of SQL and its values."""

# A backup or a command reads or writes such a file within a moment; who holds it for longer will not let go soon.
BUSY_SECONDS: Final = 5.0
# A disk that spins up, or a device that is full of other writes, takes seconds for an fsync; after this it hangs.
WRITE_SECONDS: Final = 30.0

# The detail of an error that leaves open what has become of a write.
_LEFT_OPEN: Final = "left_open"

_HINTS: Final[Mapping[str, str]] = {
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_IOERR": "see whether its disk is well and has room",
    "SQLITE_READONLY": "the host must be able to write to the file and its folder",
    "SQLITE_CANTOPEN": "the host must be able to read and write the file and its folder",
    "SQLITE_PERM": "the host must be able to read and write the file and its folder",
    "SQLITE_BUSY": "another program holds it: close that one",
    "SQLITE_LOCKED": "another program holds it: close that one",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Says what is in a file.

    Attributes:
        what: what it keeps, for people: "the file that keeps …".
        application_id: marks the file as ours: another program's database is not to be written to.
        migrations: step n takes a file of version n - 1 to version n; steps are added, never changed.
        synchronous: `FULL` when each change is on the disk before it is answered, `NORMAL` when the last ones may be
            lost with the machine's power.
        checked: whether all of it is looked through for damage when it is opened: for files that are small and dear.
        anew: what it means to begin anew when it is damaged; None where that is plain.
    """

    what: str
    application_id: int
    migrations: tuple[tuple[str, ...], ...]
    synchronous: str = "FULL"
    checked: bool = False
    anew: str | None = None

    @property
    def if_damaged(self) -> str:
        """What to do about a damaged file."""
        hint = "restore it from a backup, or move it away to begin anew"
        return hint if self.anew is None else f"{hint}: {self.anew}"


class Database:
    """Is one file with two connections: one that reads, for the event loop's thread, and one that writes, for another.

    What is wrong with the file as such is a `ConfigError`, what fails later a `StorageError`, which is one, too: whoever
    runs the host can mend either.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        """Open the file and bring it up to date; makes it, private to the user, when there is none.

        Blocks for moments, as any reading of a file.

        Raises:
            ConfigError: it is another program's, is damaged, is of a newer Polyhost, or cannot be used; it is left as
                it is.
        """
        self.path = path.absolute()
        self._layout = layout
        # A write that hangs keeps its token: later ones give up instead of taking a thread each.
        self._threads = trio.CapacityLimiter(1)
        try:
            make_private(self.path)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        self._writer = self._connect()
        try:
            self._prepare()
            self._reader = self._connect()
        except sqlite3.Error as error:
            self._writer.close()
            raise self._unopened("read", error) from error
        except ConfigError:
            self._writer.close()
            raise
        self._version = -1

    def __repr__(self) -> str:
        return f"<Database {self.path}>"

    def _connect(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._unopened("opened", error) from error

    def _prepare(self) -> None:
        """Look at the file before anything of it is changed."""
        version = self._pragma("user_version")
        is_new = not self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if (version or not is_new) and self._pragma("application_id") != self._layout.application_id:
            raise self._unusable("it is the database of another program", "name another data folder")
        known = len(self._layout.migrations)
        if version > known:
            raise self._unusable(
                f"it is of a newer Polyhost: version {version}, and this one knows {known}",
                "run the newer Polyhost, or name another data folder",
            )
        if self._layout.checked and (found := self._pragma("quick_check")) != "ok":
            raise self._unusable(f"it is damaged: {found}", self._layout.if_damaged)
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute(f"PRAGMA synchronous = {self._layout.synchronous}")
        self._writer.execute("PRAGMA foreign_keys = ON")
        if version < known:
            self._migrate(known)

    def _migrate(self, known: int) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            # Only now: a command and a server may open a new file at the same moment.
            version = self._pragma("user_version")
            for statements in self._layout.migrations[version:]:
                for statement in statements:
                    self._writer.execute(statement)
            self._writer.execute(f"PRAGMA application_id = {self._layout.application_id}")
            self._writer.execute(f"PRAGMA user_version = {known}")
            self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _pragma(self, name: str) -> Any:
        with closing(self._writer.execute(f"PRAGMA {name}")) as cursor:
            return cursor.fetchone()[0]

    # -- reading

    def has_changed(self) -> bool:
        """Return whether anybody has written since this was asked last; true at first. Takes microseconds."""
        try:
            with closing(self._reader.execute("PRAGMA data_version")) as cursor:
                version = cursor.fetchone()[0]
        except sqlite3.Error as error:
            raise self._failed("read", error) from error
        changed: bool = version != self._version
        self._version = version
        return changed

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query; for small answers, since it blocks the event loop."""
        try:
            return self._reader.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed("read", error) from error

    async def query(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query, in the thread that also writes: for answers that take time."""

        def run() -> list[Any]:
            return self._writer.execute(statement, values).fetchall()

        return await self._run(run, "read")

    # -- writing

    async def write(self, *statements: Statement, patience: float = BUSY_SECONDS) -> None:
        """Run statements in one transaction; returns when it is in the file. Once begun it is not cancelled.

        Args:
            statements: what is to be done.
            patience: seconds to wait for another program that holds the file.

        Raises:
            StorageError: they could not be written, none of them, or not in time; whether they are kept after all is
                then not known, and `leaves_open` says so.
        """

        def run() -> None:
            self._writer.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            try:
                self.write_now(statements)
            finally:
                self._writer.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

        await self._run(run, "written")

    def write_now(self, statements: Sequence[Statement]) -> None:
        """Run statements in one transaction, in this thread."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._writer.execute(statement, values)
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._failed("written", error) from error

    async def _run(self, work: Callable[[], T], what: str) -> T:
        result: list[T] = []
        has_begun = False

        def run() -> None:
            nonlocal has_begun
            has_begun = True
            try:
                result.append(work())
            except sqlite3.Error as error:
                raise self._failed(what, error) from error

        with trio.CancelScope(shield=True, relative_deadline=WRITE_SECONDS) as scope:
            await trio.to_thread.run_sync(run, abandon_on_cancel=True, limiter=self._threads)
        if scope.cancelled_caught:
            hint = "see whether its disk hangs; whether a change is kept shows at the next start"
            error = self._unavailable(f"it was not {what} within {WRITE_SECONDS:g} s", hint)
            if has_begun:
                error.details[_LEFT_OPEN] = True
            raise error
        return result[0]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._reader.close()
        # A write that hangs holds the connection, and closing it would wait for the disk without a bound.
        if not self._threads.borrowed_tokens:
            self._writer.close()

    def damaged(self, why: str) -> ConfigError:
        """Return the error for a file that holds what it cannot hold."""
        return self._unusable(why, self._layout.if_damaged)

    def _unopened(self, what: str, error: sqlite3.Error) -> ConfigError:
        return self._unusable(f"it cannot be {what}: {error}", self._hint(error))

    def _failed(self, what: str, error: sqlite3.Error) -> StorageError:
        return self._unavailable(f"it cannot be {what}: {error}", self._hint(error))

    def _hint(self, error: sqlite3.Error) -> str:
        name = getattr(error, "sqlite_errorname", "")
        primary = "_".join(name.split("_")[:2])  # SQLITE_IOERR_WRITE and its like are kinds of SQLITE_IOERR
        return _HINTS.get(primary, self._layout.if_damaged)

    def _unavailable(self, why: str, hint: str) -> StorageError:
        return StorageError(self._message(why), location=str(self.path), hint=hint)

    def _unusable(self, why: str, hint: str = "the host must be able to read and write it") -> ConfigError:
        return ConfigError(self._message(why), location=str(self.path), hint=hint)

    def _message(self, why: str) -> str:
        return f"the file that keeps {self._layout.what} cannot be used: {why}"


def leaves_open(error: ConfigError) -> bool:
    """Return whether a write that failed may be kept after all: it hangs, and nobody knows."""
    return bool(error.details.get(_LEFT_OPEN))
