"""A lone caller reads the socket itself for as long as parking it would cost, as on the stdio transport."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

import trio
from trio.lowlevel import checkpoint

from hostcore.transports import Deadlines

if TYPE_CHECKING:
    from hostcore_grpc.rpc._calls import UnaryCall
    from hostcore_grpc.rpc._wire import Wire

POLL_SECONDS: Final = 150e-6
"""How long a lone caller polls: a plugin in Go answers within 60 to 100 µs, and parking and waking take 75 more."""

POLL_BYTES: Final = 64 * 1024
"""Requests above this are not polled for: their way alone takes longer."""

POLL_SCORE: Final = 8
"""Best score of a server that answers within the poll; each miss costs 2, and at 0 callers park at once."""

POLL_RETRY_CALLS: Final = 256
"""After so many calls without polling it is tried again: the server may have become fast."""

HOT_SECONDS: Final = 0.05
"""How long an idle connection may stay unwatched after a polled call."""


class Poller:
    """Decides whether a lone caller polls, and has the wire watched again afterwards; also the `Expirable` of that.

    Args:
        wire: of the connection.
        deadlines: the heap that ends the time without a watch.
    """

    def __init__(self, wire: Wire, deadlines: Deadlines) -> None:
        self._wire = wire
        self._deadlines = deadlines
        self._score = POLL_SCORE
        self._unpolled = 0
        self._cooling = False

    def __repr__(self) -> str:
        return f"<Poller score={self._score} hot={self._wire.hot}>"

    def pays(self) -> bool:
        """Tell whether a lone call is to be polled for; ask once for each, for it counts them."""
        if not self._wire.can_poll:
            return False
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

    async def wait(self, call: UnaryCall) -> bytes:
        """Return the answer of a call or raise what went wrong; polls first, then parks."""
        wire = self._wire
        wire.hot = True
        if not self._cooling:
            self._cooling = True
            self._deadlines.add(trio.current_time() + HOT_SECONDS, self)
        give_up = perf_counter() + POLL_SECONDS
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
