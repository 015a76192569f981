"""One heap and one task keep every deadline of a host.

A cancel scope a call costs two thirds of the throughput, so calls carry their deadline and stand in this heap
instead. Entries that were settled in time stay until the heap is compacted, as asyncio does it with timers.
"""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Protocol

import trio

from hostcore.transports._parking import ParkingSpace

COMPACT_AT: Final = 256
"""Smallest heap that is ever compacted; below it the settled entries cost less than the sweep."""

UNANSWERED_HINT: Final = "give it more time, or see what the plugin does meanwhile"
"""What is to be done about a call that the plugin had, and had not answered when its deadline passed."""

QUEUED_HINT: Final = "give it more time, or make fewer calls at once"
"""What is to be done about a call whose deadline passed while it waited for its turn."""


class Expirable(Protocol):
    """Is something with a deadline."""

    @property
    def settled(self) -> bool:
        """Whether the deadline has lost its meaning."""

    def expire(self) -> None:
        """Do what is due; must not block and must not raise."""


class Deadlines:
    """Calls `expire` on each entry whose time has come; `run` must be running for that.

    Times are those of `trio.current_time()`. With nothing pending the task sleeps without a timer.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Expirable]] = []
        self._compact_at = COMPACT_AT
        self._order = count()
        self._wake_at = math.inf
        self._sleeper = ParkingSpace()
        self._scope: trio.CancelScope | None = None

    def __repr__(self) -> str:
        return f"<Deadlines pending={len(self._heap)}>"

    def add(self, deadline: float, entry: Expirable) -> None:
        """Call `entry.expire()` at `deadline` unless it is settled by then."""
        heap = self._heap
        heappush(heap, (deadline, next(self._order), entry))
        if len(heap) > self._compact_at:
            self._compact()
        if deadline < self._wake_at:
            self._wake_at = deadline
            if self._sleeper.is_taken:
                self._sleeper.wake()
            elif self._scope is not None:
                self._scope.deadline = min(self._scope.deadline, deadline)

    def _compact(self) -> None:
        self._heap = [item for item in self._heap if not item[2].settled]
        heapify(self._heap)
        self._compact_at = max(COMPACT_AT, 2 * len(self._heap))

    async def run(self) -> None:
        """Serve the deadlines until cancelled."""
        while True:
            self._expire_due()
            if not self._heap:
                self._wake_at = math.inf
                await self._sleeper.park()
                continue
            self._wake_at = self._heap[0][0]
            with trio.CancelScope(deadline=self._wake_at) as self._scope:
                await trio.sleep_forever()
            self._scope = None

    def _expire_due(self) -> None:
        now = trio.current_time()
        while self._heap and (self._heap[0][2].settled or self._heap[0][0] <= now):
            entry = heappop(self._heap)[2]
            if not entry.settled:
                entry.expire()
