"""The calls of one connection: which the plugin works on, which wait for their turn, and whose callers have gone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from trio import current_time

from hostcore.errors import OverloadedError
from hostcore.transports._cells import Cell
from hostcore.transports._deadlines import Deadlines

BUSY_GRACE: Final = 60.0
"""Least seconds in which a plugin without the feature `cancel` must answer: it cannot know that nobody waits."""


class OpenCalls:
    """Keeps the calls of one connection until they are answered, in the order in which they came.

    Args:
        plugin: its id, for messages.
        deadlines: the host's heap.
        max_inflight: bound on calls that the plugin works on.
        queue_limit: bound on calls that wait for their turn.
        cancel_grace: seconds in which a plugin that was told must answer a call whose caller has gone.
        hung: called with a reason when it has not.

    Attributes:
        sent: by id, those that the plugin works on and somebody waits for.
        waiting: those that wait for their turn; they have no id.
        abandoned: ids of those that the plugin works on and nobody waits for.
        max_inflight: as above; the hello of the plugin may lower it.
    """

    def __init__(
        self,
        plugin: str,
        deadlines: Deadlines,
        *,
        max_inflight: int,
        queue_limit: int,
        cancel_grace: float,
        hung: Callable[[str], None],
    ) -> None:
        self.sent: dict[int, Cell] = {}
        self.waiting: deque[Cell] = deque()
        self.abandoned: set[int] = set()
        self.max_inflight = max_inflight
        self._plugin = plugin
        self._deadlines = deadlines
        self._queue_limit = queue_limit
        self._cancel_grace = cancel_grace
        self._hung = hung
        self._requests: set[int] = set()
        self._tickets = 0

    def __repr__(self) -> str:
        return f"<OpenCalls in_flight={self.in_flight} queued={len(self.waiting)}>"

    @property
    def in_flight(self) -> int:
        """Calls that the plugin works on, abandoned ones included; the protocol's own requests are no calls."""
        if self._requests:  # looked through here, so that no answer has to be
            self._requests = {each for each in self._requests if each in self.sent or each in self.abandoned}
        return len(self.sent) + len(self.abandoned) - len(self._requests)

    @property
    def has_room(self) -> bool:
        """Whether the plugin may be given one more."""
        return len(self.sent) + len(self.abandoned) < self.max_inflight

    def __iter__(self) -> Iterator[Cell]:
        """Give those that somebody waits for, without the protocol's own requests."""
        yield from [each for each in self.sent.values() if each.id not in self._requests]
        yield from tuple(self.waiting)

    def not_counted(self, call_id: int) -> None:
        """Say that one of them is a request of the protocol itself."""
        self._requests.add(call_id)

    def join(self, cell: Cell) -> None:
        """Put a call in line.

        Raises:
            OverloadedError: the line is full.
        """
        if len(self.waiting) >= self._queue_limit:
            raise OverloadedError(
                f"{self._queue_limit} calls already wait for {self._plugin}",
                hint="call it less often at once, raise limits.queue, or run more instances",
            )
        self._tickets += 1
        cell.ticket = self._tickets
        self.waiting.append(cell)

    def bury(self, cell: Cell, *, told: bool) -> None:
        """Keep the id of a call that was sent and whose caller has gone, and wait for its answer, though not for ever.

        Args:
            cell: the call.
            told: whether the plugin knows.
        """
        self.abandoned.add(cell.id)
        # Who asks for a sign of life, or for the end, judges the silence himself.
        if not cell.method.startswith("$/"):
            grace = self._cancel_grace if told else max(BUSY_GRACE, self._cancel_grace)
            self._deadlines.add(current_time() + grace, _Tombstone(self.abandoned, cell, self._hung))

    def take_waiting(self) -> list[Cell]:
        """Take all those out of the line."""
        waiting = list(self.waiting)
        self.waiting.clear()
        return waiting

    def take_sent(self) -> list[Cell]:
        """Take all those that were sent, and forget the abandoned ones: the connection has ended."""
        sent = list(self.sent.values())
        self.sent.clear()
        self.abandoned.clear()
        return sent


class _Tombstone:
    """Ends a plugin that never answers an abandoned call."""

    def __init__(self, abandoned: set[int], cell: Cell, hung: Callable[[str], None]) -> None:
        self._abandoned = abandoned
        self._id = cell.id  # and not the cell, which would keep what its caller has given
        self._method = cell.method
        self._hung = hung

    @property
    def settled(self) -> bool:
        return self._id not in self._abandoned

    def expire(self) -> None:
        self._hung(f"it did not answer the cancelled call of {self._method}")
