"""The one thread that writes the log, so that no call ever waits for a disk."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from hostcore.traffic._store import Batch, DamagedError, TrafficStore, set_aside

QUEUED_ROWS: Final = 50_000
"""Rows that may wait: what the fastest caller makes in a second, and about 20 MB; what is beyond is dropped."""

QUEUED_BYTES: Final = 32 * 1024 * 1024
"""Characters of bodies that may wait, beside the rows themselves."""

RETRY_SECONDS: Final = (0.25, 1.0, 5.0, 15.0)
"""Pauses after failed writes; the last one stays. A disk that is full stays so until somebody does something."""

PRUNE_SECONDS: Final = 60.0
"""Pause between two looks for what is too old."""

PRUNE_STEPS: Final = 8
"""Steps of deleting in a row before what has come meanwhile is written."""

LOW_WATER: Final = 0.95
"""What is left of `keep_bytes` after a deletion for room, so that not each write needs one."""

CLOSE_SECONDS: Final = 4.0
"""How long a closing host waits for what is queued: less than the time limit of its hooks."""


class TrafficWriter:
    """Takes batches and writes them, in the order in which they came.

    `put`, `finish` and the counters belong to the host's thread; all else to the writer's own.

    Args:
        path: the file.
        keep_days: what is older is deleted.
        keep_bytes: if all takes more, the oldest is deleted.

    Attributes:
        handed: rows that were given to it.
        dropped: rows that it did not take.
        done: rows of those that it has dealt with, written or not.
        written: rows that are on the disk.
        lost: rows that it took and could not write.
        pruned: rows that were deleted again.
        size: bytes of what is kept, as of the last write.
        trouble: why nothing can be written now; None while all is well.
    """

    def __init__(self, path: Path, *, keep_days: float, keep_bytes: int) -> None:
        self.path = path
        self.handed = self.dropped = 0
        self.done = self.written = self.lost = self.pruned = 0
        self.size = 0
        self.trouble: str | None = None
        self._keep_seconds = keep_days * 86400
        self._keep_bytes = keep_bytes
        self._queue: queue.SimpleQueue[tuple[Batch, int] | None] = queue.SimpleQueue()
        self._handed_bytes = self._done_bytes = 0
        self._finishing = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="polyhost traffic log", daemon=True)
        self._store: TrafficStore | None = None
        self._prune_at = 0.0
        self._is_crowded = False
        self._is_careful = False

    def __repr__(self) -> str:
        return (
            f"<TrafficWriter {self.path} written={self.written} queued={self.queued} dropped={self.dropped}>"
        )

    @property
    def queued(self) -> int:
        """Rows that wait."""
        return self.handed - self.done

    # -- the host's side

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, batch: Batch, body_bytes: int = 0) -> None:
        """Take a batch, or drop it when too much waits already; never waits."""
        rows = batch.rows
        is_full = self.queued + rows > QUEUED_ROWS or (
            body_bytes and self._handed_bytes - self._done_bytes + body_bytes > QUEUED_BYTES
        )
        if is_full or self._finishing.is_set():
            self.dropped += rows
            return
        self.handed += rows
        self._handed_bytes += body_bytes
        self._queue.put((batch, body_bytes))

    def finish(self) -> None:
        """Have it write what waits, once more if it has to, and end; never waits."""
        if not self._finishing.is_set():
            self._finishing.set()
            self._queue.put(None)

    def wait_ended(self, seconds: float = CLOSE_SECONDS) -> bool:
        """Wait in a thread until it has ended, or was never started; tells whether it has."""
        return not self._thread.is_alive() or self._ended.wait(seconds)

    # -- the writer's side

    def _run(self) -> None:
        failures = 0
        waiting: list[tuple[Batch, int]] = []
        try:
            while True:
                is_last = self._take(waiting)
                try:
                    self._write(waiting)
                except (sqlite3.Error, OSError, DamagedError) as error:
                    self._failed(error)
                    pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                    failures += 1
                    if is_last or self._finishing.wait(pause):
                        self._write_last(waiting)
                        return
                else:
                    failures, self.trouble = 0, None
                    if is_last:
                        return
        finally:
            if self._store is not None:
                with suppress(sqlite3.Error):
                    self._store.close()
            self._ended.set()

    def _take(self, waiting: list[tuple[Batch, int]]) -> bool:
        """Take all that has come, and wait if there is nothing to do; tells whether the end has come."""
        if not waiting and self._store is not None:
            with suppress(queue.Empty):
                taken = self._queue.get(timeout=max(0.0, self._prune_at - time.monotonic()))
                if taken is None:
                    return True
                waiting.append(taken)
        with suppress(queue.Empty):
            while True:
                taken = self._queue.get_nowait()
                if taken is None:
                    return True
                waiting.append(taken)
        return False

    def _write(self, waiting: list[tuple[Batch, int]]) -> None:
        """Write what waits, and delete what need not be kept any more."""
        store = self._store
        if store is None:
            store = self._store = self._open()
        while waiting:
            # After a failure one by one: what has room is written, however little room there is for all of it.
            now = waiting[:1] if self._is_careful else waiting[:]
            store.refuse_without_room()
            store.write([batch for batch, _ in now])
            del waiting[: len(now)]
            self.written += self._settle(now)
            self._prune(store)
        self._is_careful = False
        self._prune(store)

    def _open(self) -> TrafficStore:
        try:
            return TrafficStore(self.path)
        except DamagedError:
            set_aside(self.path)
            return TrafficStore(self.path)

    def _settle(self, waiting: list[tuple[Batch, int]]) -> int:
        rows = sum(batch.rows for batch, _ in waiting)
        self._done_bytes += sum(size for _, size in waiting)
        self.done += rows
        waiting.clear()
        return rows

    def _prune(self, store: TrafficStore) -> None:
        """Delete what is too old, and the oldest while all of it takes too much room; the rest waits for the next turn."""
        now = time.monotonic()
        is_due = now >= self._prune_at
        deleted = 0
        for _ in range(PRUNE_STEPS):
            self.size = store.size()
            if self.size > (self._keep_bytes * LOW_WATER if self._is_crowded else self._keep_bytes):
                self._is_crowded = True
                gone = store.prune_oldest()
            else:
                self._is_crowded = False
                gone = store.prune_before(time.time() - self._keep_seconds) if is_due else 0
                if is_due and not gone:
                    self._prune_at = now + PRUNE_SECONDS
            if not gone:
                break
            deleted += gone
        self.pruned += deleted
        if deleted:
            store.give_back()

    def _failed(self, error: Exception) -> None:
        """Begin anew with the next write; a full disk may have room once the log's own log is cut."""
        self.trouble = f"{self.path} cannot be written: {_told(error)}"
        self._is_careful = True
        store, self._store = self._store, None
        if store is None:
            return
        with suppress(sqlite3.Error):
            store.make_room()
        with suppress(sqlite3.Error):
            store.close()
        if isinstance(error, DamagedError):
            set_aside(self.path)

    def _write_last(self, waiting: list[tuple[Batch, int]]) -> None:
        """Try once more before the end, without waiting for anything; what cannot be written is lost."""
        self._take_rest(waiting)
        try:
            self._write(waiting)
        except (sqlite3.Error, OSError, DamagedError) as error:
            self.trouble = f"{self.path} cannot be written: {_told(error)}"
        self.lost += self._settle(waiting)

    def _take_rest(self, waiting: list[tuple[Batch, int]]) -> None:
        with suppress(queue.Empty):
            while True:
                taken = self._queue.get_nowait()
                if taken is not None:
                    waiting.append(taken)


def _told(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
