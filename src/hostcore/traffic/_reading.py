"""Reads the log's file: each question has a connection of its own, and a bound on its time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hostcore.traffic._facts import (
    FAILED,
    MOST_ENTRIES,
    Body,
    CallEntry,
    MessageEntry,
    TrafficFilter,
    TrafficPage,
)
from hostcore.traffic._store import BODY_COLUMNS, CALL_COLUMNS, MESSAGE_COLUMNS

READ_SECONDS: Final = 10.0
"""Longest time of one question: one that no index helps looks at every row, of millions at most."""

_STEPS_A_LOOK: Final = 100_000
"""Steps of SQLite between two looks at the clock: about a millisecond."""

CUT_FLAG: Final = 1
REDACTED_FLAG: Final = 2
"""What the flags of a body say."""

_DIRECTIONS: Final = ("to-plugin", "to-host")


class TrafficReader:
    """Answers questions from the file; each method blocks on the disk. Raises `sqlite3.Error`.

    Args:
        path: the file; without one there is nothing to find.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __repr__(self) -> str:
        return f"<TrafficReader {self._path}>"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        if not self._path.exists():
            yield None
            return
        connection = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=READ_SECONDS)
        until = time.monotonic() + READ_SECONDS
        try:
            connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS_A_LOOK)
            is_made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'message_call'").fetchone()
            yield connection if is_made else None
        finally:
            connection.close()

    def calls(self, asked: TrafficFilter, *, before: int | None, limit: int, bodies: bool) -> TrafficPage:
        """Return calls, the latest first.

        Args:
            asked: which.
            before: only those with a lower id.
            limit: how many at most.
            bodies: whether what they carried is read, too.
        """
        columns = (*CALL_COLUMNS, *BODY_COLUMNS) if bodies else CALL_COLUMNS
        conditions, values = _common(asked, "call", before)
        if asked.outcome is not None:
            conditions.append("outcome <> 'ok'" if asked.outcome == FAILED else "outcome = ?")
            values += [] if asked.outcome == FAILED else [asked.outcome]
            if asked.outcome not in {FAILED, "ok"}:
                conditions.append("outcome <> 'ok'")  # has the index of failures serve, too
        for name in ("caller", "parent"):
            value = getattr(asked, name)
            if value is not None:
                conditions.append(f"{name} = ?")
                values.append(value)
        if asked.slower_than is not None:
            conditions.append("duration >= ?")
            values.append(asked.slower_than)
        if asked.call is not None:
            conditions.append("id = ?")
            values.append(asked.call)
        rows, more = self._page("call", columns, conditions, values, limit)
        entries = tuple(_call(row) for row in rows)
        return TrafficPage(entries=entries, next=entries[-1].id if more else None)

    def messages(self, asked: TrafficFilter, *, before: int | None, limit: int, bodies: bool) -> TrafficPage:
        """Return messages, the latest first; see `calls`."""
        columns = MESSAGE_COLUMNS if bodies else MESSAGE_COLUMNS[:-2]
        conditions, values = _common(asked, "message", before)
        if asked.call is not None:
            conditions.append("call = ?")
            values.append(asked.call)
        if any(each is not None for each in (asked.outcome, asked.caller, asked.parent, asked.slower_than)):
            conditions.append("0")  # messages have none of these
        rows, more = self._page("message", columns, conditions, values, limit)
        entries = tuple(_message(row) for row in rows)
        return TrafficPage(entries=entries, next=entries[-1].id if more else None)

    def _page(
        self, table: str, columns: tuple[str, ...], conditions: list[str], values: list[Any], limit: int
    ) -> tuple[list[tuple[Any, ...]], bool]:
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        limit = max(1, min(limit, MOST_ENTRIES))
        query = f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY id DESC LIMIT {limit + 1}"  # noqa: S608 - names of our own, values are bound
        with self._open() as connection:
            rows = connection.execute(query, values).fetchall() if connection is not None else []
        return rows[:limit], len(rows) > limit

    def oldest(self) -> float | None:
        """Return when the oldest kept call was made."""
        with self._open() as connection:
            found = (
                connection.execute("SELECT min(at) FROM call").fetchone() if connection is not None else None
            )
        return found[0] if found is not None else None


def _common(asked: TrafficFilter, table: str, before: int | None) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if before is not None:
        conditions.append("id < ?")
        values.append(before)
    if asked.plugin is not None:
        conditions.append("plugin = ?")
        values.append(asked.plugin)
    if asked.method is not None:
        if asked.method.endswith(".*"):
            # A range, for LIKE has words of its own: "/" follows ".".
            conditions.append("method >= ? AND method < ?")
            values += [asked.method[:-1], f"{asked.method[:-2]}/"]
        else:
            conditions.append("method = ?")
            values.append(asked.method)
    # Ids rise with time, so that they bound what has to be looked at; the times themselves decide.
    if asked.since is not None:
        first = f"SELECT id FROM {table} WHERE at >= ? ORDER BY at LIMIT 1"  # noqa: S608 - a name of our own
        conditions += ["+at >= ?", f"id >= ({first})"]
        values += [asked.since, asked.since]
    if asked.until is not None:
        last = f"SELECT id FROM {table} WHERE at < ? ORDER BY at DESC LIMIT 1"  # noqa: S608 - as above
        conditions += ["+at < ?", f"id <= ({last})"]
        values += [asked.until, asked.until]
    return conditions, values


def _body(text: str | None, flags: int | None) -> Body | None:
    if text is None:
        return None
    flags = flags or 0
    return Body(text=text, is_whole=not flags & CUT_FLAG, is_redacted=bool(flags & REDACTED_FLAG))


def flags_of(body: Body) -> int:
    """Return what the flags of a body say."""
    return (0 if body.is_whole else CUT_FLAG) | (REDACTED_FLAG if body.is_redacted else 0)


def _call(row: tuple[Any, ...]) -> CallEntry:
    params, params_flags, result, result_flags = row[17:] if len(row) > len(CALL_COLUMNS) else (None,) * 4
    return CallEntry(
        id=row[0],
        parent=row[1],
        plugin=row[2],
        method=row[3],
        direction=_DIRECTIONS[row[4]],
        caller=row[5],
        instance=row[6],
        pid=row[7],
        started_at=row[8],
        duration=row[9],
        outcome=row[10],
        error=row[11],
        request_bytes=row[12],
        response_bytes=row[13],
        items_in=row[14],
        items_out=row[15],
        is_streaming=bool(row[16]),
        params=_body(params, params_flags),
        result=_body(result, result_flags),
    )


def _message(row: tuple[Any, ...]) -> MessageEntry:
    body, flags = row[12:] if len(row) == len(MESSAGE_COLUMNS) else (None, None)
    return MessageEntry(
        id=row[0],
        at=row[1],
        plugin=row[2],
        instance=row[3],
        pid=row[4],
        direction=_DIRECTIONS[row[5]],
        kind=row[6],
        wire_id=row[7],
        method=row[8],
        size=row[9],
        call=row[10],
        is_error=bool(row[11]),
        body=_body(body, flags),
    )
