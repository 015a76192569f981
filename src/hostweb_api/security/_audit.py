"""The audit trail: each change and each refusal is noted at once, and written a moment later.

Nobody waits for the disk: what has happened is put into a bounded queue, and one task writes what has gathered in one
transaction. While the disk is full, or another program holds the file, records wait in the queue for the next try; when it is
full, too, they are dropped and counted. The log says when that begins and ends.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import trio

from hostcore.config import AuditedCalls
from hostcore.errors import ConfigError
from hostcore.storage import BUSY_SECONDS, leaves_open
from hostweb_api.security._audit_file import AuditFile, AuditFilter, AuditRecord, Outcome, is_call

_log = logging.getLogger(__name__)

MAX_QUEUED: Final = 10_000
"""Records that wait for the disk, or for a program that holds the file: minutes of a busy team, and a few megabytes."""

MAX_QUEUED_CALLS: Final = MAX_QUEUED * 9 // 10
"""As many of them may be calls: thousands a second leave room for what else is changed."""

WRITE_SECONDS: Final = 0.25
"""Between two transactions: a person who looks at the trail sees what they have just done."""

RETRY_SECONDS: Final = 1.0
"""Between two tries while it cannot be written."""

PATIENCE_SECONDS: Final = 0.5
"""For another program that holds the file: a backup lets go sooner, and for others there is the next try. Whoever reads the
trail waits for this."""

REFUSALS_A_MINUTE: Final = 60
"""Refusals that are noted; a flood of them is counted instead."""

_MINUTE: Final = 60.0
_DAY: Final = 86400.0
_MEGABYTE: Final = 1_000_000


class AuditTrail:
    """Keeps who has changed what; without a file it keeps nothing.

    `open` gives one with a file. It is a context manager that closes it; `run` writes.

    Args:
        calls: which calls it keeps.
        clock: seconds since the epoch.
    """

    def __init__(
        self, *, calls: AuditedCalls = AuditedCalls.CHANGES, clock: Callable[[], float] = time.time
    ) -> None:
        self._calls = calls
        self._clock = clock
        self._file: AuditFile | None = None
        self._queue: deque[AuditRecord] = deque()
        self._turn = trio.Lock()
        self._writing = 0
        self._trouble: str | None = None
        self._dropped = 0
        self._window = (0.0, 0)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        days: float,
        megabytes: float,
        calls: AuditedCalls = AuditedCalls.CHANGES,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the file of a trail; makes it, private to the user, when there is none.

        Args:
            path: of the file.
            days: how long a record is kept.
            megabytes: the size of all.
            calls: which calls it keeps, beside what else is changed.
            clock: seconds since the epoch.

        Raises:
            ConfigError: it cannot be used; it is left as it is.
        """
        trail = cls(calls=calls, clock=clock)
        trail._file = AuditFile(path, max_age=days * _DAY, max_bytes=int(megabytes * _MEGABYTE))
        return trail

    def __repr__(self) -> str:
        return f"<AuditTrail queued={len(self._queue)} dropped={self._dropped}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file is not None:
            self._file.close()

    @property
    def is_kept(self) -> bool:
        """Whether anything is kept at all."""
        return self._file is not None

    @property
    def dropped(self) -> int:
        """How many records were not kept since the server was started."""
        return self._dropped

    def wants_call(self, *, read_only: bool) -> bool:
        """Return whether it keeps calls of a method; the refused ones are kept in any case.

        Args:
            read_only: whether an interface file says that the method changes nothing.
        """
        if self._file is None or self._calls is AuditedCalls.NONE:
            return False
        return self._calls is AuditedCalls.ALL or not read_only

    def note(self, record: AuditRecord) -> None:
        """Take a record; returns at once."""
        if self._file is None:
            return
        if record.outcome is Outcome.REFUSED and not self._admit_refusal():
            self._dropped += 1
            return
        if len(self._queue) + self._writing >= (MAX_QUEUED_CALLS if is_call(record) else MAX_QUEUED):
            self._dropped += 1
            return
        self._queue.append(record)

    def write_now(self, record: AuditRecord) -> None:
        """Write a record from a command, which is over in a moment; raises `StorageError`."""
        if self._file is not None:
            self._file.add_now([record])

    async def run(self) -> None:
        """Write what has gathered, again and again; until cancelled, and then once more."""
        try:
            while True:
                await trio.sleep(WRITE_SECONDS if self._trouble is None else RETRY_SECONDS)
                await self.flush()
        finally:
            with trio.CancelScope(shield=True):
                await self.flush(patience=BUSY_SECONDS)
                self._give_up()

    async def flush(self, *, patience: float = PATIENCE_SECONDS) -> None:
        """Write what has gathered; what cannot be written waits for the next try.

        Args:
            patience: seconds to wait for another program that holds the file.
        """
        async with self._turn:
            if self._file is None or not self._queue:
                return
            records = list(self._queue)
            self._queue.clear()
            self._writing = len(records)
            try:
                await self._file.add(records, now=self._clock(), patience=patience)
            except ConfigError as error:
                self._failed(records, error)
            else:
                self._succeeded()
            finally:
                self._writing = 0

    def _failed(self, records: list[AuditRecord], error: ConfigError) -> None:
        if leaves_open(error):  # written again they might be there twice
            self._dropped += len(records)
            _log.error("The audit trail was not written; records that are lost: %d; %s", len(records), error)
        else:
            self._queue.extendleft(reversed(records))
            if self._trouble is None:
                _log.error("The audit trail cannot be written; records wait for the next try: %s", error)
        self._trouble = str(error)

    def _succeeded(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            _log.warning(
                "The audit trail is written again; records lost since the server was started: %d",
                self._dropped,
            )

    def _give_up(self) -> None:
        """Say what is lost since the server ends."""
        if self._queue:
            _log.error(
                "The audit trail was not written; records that are lost: %d; %s",
                len(self._queue),
                self._trouble,
            )
            self._dropped += len(self._queue)
            self._queue.clear()

    async def find(self, wanted: AuditFilter, *, limit: int) -> list[AuditRecord]:
        """Return records, the newest first; raises `StorageError`.

        Those that have just been noted are among them, unless the file cannot be written now: nobody waits for that.
        """
        if self._file is None:
            return []
        if self._trouble is None:
            await self.flush()
        return await self._file.find(wanted, limit=limit)

    def _admit_refusal(self) -> bool:
        began, count = self._window
        now = self._clock()
        if not began <= now < began + _MINUTE:
            began, count = now, 0
        self._window = (began, count + 1)
        return count < REFUSALS_A_MINUTE
