"""The file of the audit trail: who has changed what, and who was refused."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hostcore.errors import StorageError
from hostcore.storage import Database, Layout, Statement

AUDIT_FILE: Final = "audit.sqlite3"
"""Its name in the data folder."""

LAYOUT: Final = Layout(
    what="the audit trail",
    application_id=0x506F6C75,  # "Polu" in ASCII
    migrations=(
        (
            """CREATE TABLE record (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                at REAL NOT NULL,
                outcome TEXT NOT NULL,
                caller TEXT NOT NULL,
                kind TEXT NOT NULL,
                token TEXT NOT NULL,
                address TEXT NOT NULL,
                operation TEXT NOT NULL,
                target TEXT NOT NULL,
                method TEXT NOT NULL,
                path TEXT NOT NULL,
                status INTEGER NOT NULL,
                problem TEXT NOT NULL,
                request TEXT NOT NULL,
                size INTEGER NOT NULL
            ) STRICT""",
            "CREATE INDEX record_outcome ON record (outcome, id)",
        ),
        ("ALTER TABLE record ADD COLUMN call INTEGER",),
    ),
)

# Numbers, indices and what SQLite keeps beside the texts of a record.
_ROW_BYTES: Final = 120
# Refusals and calls may take these shares: whoever is refused often, or calls often, must not push out who has changed
# something else.
REFUSED_SHARE: Final = 0.25
CALLS_SHARE: Final = 0.5

CALL_OPERATION: Final = "callPlugin"
"""The operation of a record that is a call of a method, over HTTP or the live websocket."""

_SHARES: Final[Mapping[str, float]] = MappingProxyType({"refused": REFUSED_SHARE, "call": CALLS_SHARE})
# A kind of record → the rows that are of it; in this order they are held to their bounds.
_KINDS: Final[Mapping[str, str]] = MappingProxyType({
    "refused": "outcome = 'refused'",
    "call": f"outcome != 'refused' AND operation = '{CALL_OPERATION}'",
    "change": f"outcome != 'refused' AND operation != '{CALL_OPERATION}'",
})  # fmt: skip


class Outcome(enum.StrEnum):
    """Says how a change ended."""

    DONE = "done"
    """It was made."""

    FAILED = "failed"
    """It was allowed, and not made, or not wholly."""

    REFUSED = "refused"
    """Whoever asked for it may not, or is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRecord:
    """Is one line of the audit trail.

    Attributes:
        id: grows from record to record; gaps are possible.
        at: when it was answered, seconds since the epoch.
        outcome: `done`, `failed` or `refused`.
        caller: who has asked: the name of a token, `local`, `nobody`, the signal that has, or `file watcher`.
        kind: how they are known: `local`, `token`, `session`, `nobody`, `signal` for one to the
            server's process, or `watcher` for what the host does by itself when files have changed.
        token_id: the id of their token, or empty.
        address: where they came from; `local` for a socket in the file system.
        operation: what was asked for, e.g. `stopPlugin`; empty when it was refused before that was known.
        target: to what: the ids in the path, and what the body names.
        method: of HTTP; empty for what did not come over it.
        path: of the request, without its query.
        status: of the answer; 0 when the client was gone before there was one, or none was to be sent.
        problem: the code of the problem, or empty.
        request_id: the request's id, which the log has, too.
        call: of a call that was made, the id of its record in the communication log; None where that keeps none.
    """

    id: int = 0
    at: float
    outcome: Outcome
    caller: str
    kind: str
    token_id: str = ""
    address: str
    operation: str = ""
    target: str = ""
    method: str = ""
    path: str = ""
    status: int = 0
    problem: str = ""
    request_id: str = ""
    call: int | None = None


# Attribute of a record → its column.
_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({
    "id": "id",
    "at": "at",
    "outcome": "outcome",
    "caller": "caller",
    "kind": "kind",
    "token_id": "token",
    "address": "address",
    "operation": "operation",
    "target": "target",
    "method": "method",
    "path": "path",
    "status": "status",
    "problem": "problem",
    "request_id": "request",
    "call": "call",
})  # fmt: skip
_WRITTEN: Final = tuple(name for name in _COLUMNS if name != "id")
_INSERT: Final = (
    f"INSERT INTO record ({', '.join(_COLUMNS[name] for name in _WRITTEN)}, size)"  # noqa: S608 - names of ours
    f" VALUES ({', '.join('?' * (len(_WRITTEN) + 1))})"
)
_SELECT: Final = f"SELECT {', '.join(_COLUMNS.values())} FROM record"  # noqa: S608 - as above


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    """Says which records are wanted; None stands for any.

    Attributes:
        before: only those with a smaller id.
        since: not before, seconds since the epoch.
        until: not after.
        outcome: how it ended.
        caller: who has asked.
        operation: what was asked for.
        target: to what; also a part of it.
        address: where they came from.
        call: the id of the call's record in the communication log.
        calls: whether calls that were made are wanted: none when false, nothing else when true.
    """

    before: int | None = None
    since: float | None = None
    until: float | None = None
    outcome: str | None = None
    caller: str | None = None
    operation: str | None = None
    target: str | None = None
    address: str | None = None
    call: int | None = None
    calls: bool | None = None


_CONDITIONS: Final[Mapping[str, str]] = MappingProxyType({
    "before": "id < ?",
    "since": "at >= ?",
    "until": "at <= ?",
    "outcome": "outcome = ?",
    "caller": "caller = ?",
    "operation": "operation = ?",
    "target": "instr(target, ?) > 0",
    "address": "address = ?",
    "call": "call = ?",
    "calls": f"({_KINDS['call']}) = ?",
})  # fmt: skip


class AuditFile:
    """Reads and writes records, and drops the oldest ones.

    Args:
        path: of the file.
        max_age: seconds that a record is kept.
        max_bytes: of all records.
    """

    def __init__(self, path: Path, *, max_age: float, max_bytes: int) -> None:
        self._database = Database(path, LAYOUT)
        self._max_age = max_age
        self._max_bytes = max_bytes
        which = " ".join(f"WHEN {rows} THEN '{kind}'" for kind, rows in _KINDS.items())
        sizes = dict(self._database.read(f"SELECT CASE {which} END, sum(size) FROM record GROUP BY 1"))  # noqa: S608 - of ours
        self._sizes = {kind: int(sizes.get(kind, 0)) for kind in _KINDS}

    def __repr__(self) -> str:
        return f"<AuditFile {self._database.path}>"

    async def add(self, records: Sequence[AuditRecord], *, now: float, patience: float) -> None:
        """Write records and drop those that are too old, or one too many.

        Args:
            records: all of them are written, or none.
            now: seconds since the epoch.
            patience: seconds to wait for another program that holds the file.

        Raises:
            StorageError: they were not written; where `leaves_open` says so that is not certain.
        """
        rows = [_row(record) for record in records]
        inserts: list[Statement] = [(_INSERT, row) for row in rows]
        await self._database.write(*inserts, *self._drop_old(now), patience=patience)
        for record, row in zip(records, rows, strict=True):
            self._sizes[_kind_of(record)] += row[-1]
        with suppress(StorageError):  # they are kept; what is too much is dropped after the next ones
            await self._shrink()

    def add_now(self, records: Iterable[AuditRecord]) -> None:
        """Write records from a command, without dropping any."""
        self._database.write_now([(_INSERT, _row(record)) for record in records])

    async def find(self, wanted: AuditFilter, *, limit: int) -> list[AuditRecord]:
        """Return records, the newest first; raises `StorageError`."""
        given = {name: getattr(wanted, name) for name in _CONDITIONS if getattr(wanted, name) is not None}
        where = " AND ".join(_CONDITIONS[name] for name in given)
        rows = await self._database.query(
            f"{_SELECT}{f' WHERE {where}' if where else ''} ORDER BY id DESC LIMIT ?",
            (*given.values(), limit),
        )
        return [_record(row) for row in rows]

    def _drop_old(self, now: float) -> list[Statement]:
        return [("DELETE FROM record WHERE at < ?", (now - self._max_age,))]

    async def _shrink(self) -> None:
        """Drop the oldest of what takes more than its share, a tenth at a time: not one for each that comes."""
        # What was dropped for its age still counts; then it is looked at anew, and found to be less.
        for kind in _KINDS:
            limit = self._limit(kind)
            if self._sizes[kind] <= limit:
                continue
            rows = await self._database.query(
                f"SELECT id, size FROM record WHERE {_KINDS[kind]} ORDER BY id"  # noqa: S608 - of ours
            )
            total = sum(size for _, size in rows)
            last = None
            if total > limit:
                for number, size in rows:
                    if total <= limit * 0.9:
                        break
                    total -= size
                    last = number
            if last is not None:
                await self._database.write(
                    (f"DELETE FROM record WHERE {_KINDS[kind]} AND id <= ?", (last,))  # noqa: S608 - as above
                )
            self._sizes[kind] = total

    def _limit(self, kind: str) -> int:
        """Return how many bytes may be of a kind: those of changes are what the others leave."""
        if kind in _SHARES:
            return int(self._max_bytes * _SHARES[kind])
        return self._max_bytes - sum(self._sizes[each] for each in _SHARES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def is_call(record: AuditRecord) -> bool:
    """Return whether a record is of a call that was made."""
    return record.operation == CALL_OPERATION and record.outcome is not Outcome.REFUSED


def _kind_of(record: AuditRecord) -> str:
    if record.outcome is Outcome.REFUSED:
        return "refused"
    return "call" if is_call(record) else "change"


def _row(record: AuditRecord) -> tuple[Any, ...]:
    values = tuple(
        value.value if isinstance(value := getattr(record, name), Outcome) else value for name in _WRITTEN
    )
    return *values, _ROW_BYTES + sum(len(value) for value in values if isinstance(value, str))


def _record(row: Sequence[Any]) -> AuditRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    return AuditRecord(**{**values, "outcome": Outcome(values["outcome"])})
