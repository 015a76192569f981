"""Live feeds of the log: each has a bounded buffer of its own, and a slow reader harms only itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Self, TypeAlias

import trio

from hostcore.traffic._facts import CallEntry, MessageEntry, TrafficFilter, TrafficMissed

BUFFERED: Final = 1000
"""Entries that wait for a reader; more than a person can read, and little memory."""

Entry: TypeAlias = CallEntry | MessageEntry


class TrafficFeed:
    """Delivers what is recorded from now on, if it is asked for; see `Subscription`.

    Args:
        asked: which entries.
        calls: whether calls are.
        messages: whether messages are.
        closed: called once when nobody reads it any more.
    """

    def __init__(
        self,
        asked: TrafficFilter,
        *,
        calls: bool,
        messages: bool,
        closed: Callable[[TrafficFeed], None],
    ) -> None:
        self._wants_calls = calls
        self._wants_messages = messages
        self._asked = asked
        self._closed = closed
        self._buffer: deque[Entry] = deque()
        self._missed = 0
        self._news = trio.Event()
        self._ended = False

    def __repr__(self) -> str:
        return f"<TrafficFeed waiting={len(self._buffer)} missed={self._missed}>"

    def offer_call(self, entry: CallEntry) -> None:
        """Take a call if it is asked for."""
        if self._wants_calls and self._asked.admits_call(entry):
            self._take(entry)

    def offer_message(self, entry: MessageEntry) -> None:
        """Take a message if it is asked for."""
        if self._wants_messages and self._asked.admits_message(entry):
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        if len(self._buffer) >= BUFFERED:
            self._missed += 1  # the newest: what was read so far goes on without a gap
        else:
            self._buffer.append(entry)
        self._news.set()

    def end(self) -> None:
        """Have the iteration end after what waits."""
        self._ended = True
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry | TrafficMissed:
        await trio.lowlevel.checkpoint()
        while True:
            if self._buffer:
                return self._buffer.popleft()
            if self._missed:
                missed, self._missed = self._missed, 0
                return TrafficMissed(count=missed)
            if self._ended:
                raise StopAsyncIteration
            self._news = trio.Event()
            await self._news.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        self._closed(self)
        self.end()
