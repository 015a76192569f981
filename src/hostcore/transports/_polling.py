"""A lone caller reads the connection itself for as long as parking it would cost."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final, Protocol

import trio
from trio.lowlevel import checkpoint

from hostcore.transports._deadlines import Deadlines

POLL_SCORE: Final = 8
"""Best score of a plugin that answers within the poll; each miss costs 2, and at 0 callers park at once."""

POLL_RETRY_CALLS: Final = 256
"""After so many calls without polling it is tried again: the plugin may have become fast."""

HOT_SECONDS: Final = 0.05
"""How long an idle connection may stay unwatched after a polled call."""


class PolledWire(Protocol):
    """Moves the bytes of a connection, and lets a caller read them.

    Attributes:
        hot: whether somebody polls, so that the reader task does not watch; `arm` ends it.
        closed: whether nothing is read any more.
    """

    hot: bool
    closed: bool

    def poll(self) -> None:
        """Read what there is, if there is anything; must neither block nor raise."""

    def arm(self) -> None:
        """Have the reader task watch again."""


class PolledCall(Protocol):
    """Is a call that was sent.

    Attributes:
        settled: whether it has its outcome.
    """

    settled: bool

    def unwrap(self) -> Any:
        """Return the result or raise what went wrong."""

    async def wait(self) -> Any:
        """Park the caller until the outcome, and return the result or raise what went wrong."""

    def cancel(self) -> None:
        """Tell that nobody waits for the outcome any more."""


class Poller:
    """Decides whether a lone caller polls, and has the wire watched again afterwards; also the `Expirable` of that.

    Args:
        wire: of the connection.
        deadlines: the heap that ends the time without a watch.
        seconds: how long a caller polls: about what parking and waking its task costs, or what an answer takes.
    """

    def __init__(self, wire: PolledWire, deadlines: Deadlines, *, seconds: float) -> None:
        self.seconds = seconds
        self._wire = wire
        self._deadlines = deadlines
        self._score = POLL_SCORE
        self._unpolled = 0
        self._cooling = False

    def __repr__(self) -> str:
        return f"<Poller score={self._score} hot={self._wire.hot}>"

    def pays(self) -> bool:
        """Tell whether a lone call is to be polled for; ask once for each, for it counts them."""
        if self._score > 0:
            return True
        self._unpolled += 1
        if self._unpolled >= POLL_RETRY_CALLS:
            self._unpolled, self._score = 0, 1
        return False

    def stop(self, *, crowded: bool = False) -> None:
        """Have the wire watched again; where calls crowd, polling does not pay for a while."""
        if crowded:
            self._score = min(self._score, 0)
        self._wire.arm()

    async def wait(self, call: PolledCall) -> Any:
        """Return the answer of a call or raise what went wrong; polls first, then parks."""
        wire = self._wire
        wire.hot = True
        if not self._cooling:
            self._cooling = True
            self._deadlines.add(trio.current_time() + HOT_SECONDS, self)
        give_up = perf_counter() + self.seconds
        try:
            while True:
                await checkpoint()
                if not call.settled:
                    wire.poll()
                if call.settled:
                    self._score = min(POLL_SCORE, self._score + 1)
                    return call.unwrap()
                if not wire.hot:  # others are in flight now, and the reader watches for all of them
                    return await call.wait()
                if perf_counter() >= give_up:
                    break
        except trio.Cancelled:
            call.cancel()
            wire.arm()
            raise
        self._score -= 2
        wire.arm()
        return await call.wait()

    @property
    def settled(self) -> bool:
        """Whether there is nothing to watch any more."""
        return self._wire.closed

    def expire(self) -> None:
        """Have the wire watched again, unless calls keep coming."""
        self._cooling = False
        self._wire.arm()
