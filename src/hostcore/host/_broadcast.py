"""Keeps the latest facts in a ring and delivers each new one to every subscriber, whatever their speed."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

import trio

from hostcore.snapshots import EventStatistics

T = TypeVar("T")
M = TypeVar("M")


class Broadcast(Generic[T, M]):
    """Numbers facts from 1 without gaps and hands them out.

    Args:
        ring: how many are kept for those who ask late, and for a slow subscriber at most.
        missed: makes what a subscriber is told in place of the facts with these sequences that it missed; returns
            None to tell nothing.

    Attributes:
        ring: the kept facts, the oldest first.
        last: sequence of the latest fact, 0 before the first.
        closed: whether no more will come.
        skipped: facts that subscribers were too slow for.
    """

    def __init__(self, ring: int, *, missed: Callable[[int, int], M | None]) -> None:
        self.ring: deque[T] = deque(maxlen=ring)
        self.last = 0
        self.closed = False
        self.missed = missed
        self.skipped = 0
        self._feeds: weakref.WeakSet[Feed[T, M]] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"<Broadcast last={self.last} kept={len(self.ring)} subscribers={len(self._feeds)}>"

    def statistics(self) -> EventStatistics:
        """Say how far the subscribers are behind, and how much they have missed."""
        behind = [self.last - feed.delivered for feed in self._feeds]
        return EventStatistics(
            recorded=self.last,
            kept=len(self.ring),
            followers=len(behind),
            lag=max(behind, default=0),
            missed=self.skipped,
        )

    @property
    def first_kept(self) -> int:
        """Sequence of the oldest fact that is still there."""
        return self.last - len(self.ring) + 1

    def publish(self, fact: T) -> None:
        """Take the next fact; it is the one with the sequence `last + 1`."""
        self.ring.append(fact)
        self.last += 1
        for feed in list(self._feeds):
            feed.wake()

    def subscribe(self, *, after: int | None = None) -> Feed[T, M]:
        """Deliver facts with a sequence above `after`; None means only those to come."""
        feed = Feed(self, self.last if after is None else max(0, min(after, self.last)))
        self._feeds.add(feed)
        return feed

    def forget(self, feed: Feed[T, M]) -> None:
        """Deliver nothing more to this subscriber."""
        self._feeds.discard(feed)

    def close(self) -> None:
        """End all subscriptions once they have delivered what there is."""
        self.closed = True
        for feed in list(self._feeds):
            feed.wake()


class Feed(Generic[T, M]):
    """Is one subscription: it holds no facts of its own, just its place in the ring, so it costs nothing to be slow."""

    def __init__(self, broadcast: Broadcast[T, M], delivered: int) -> None:
        self._broadcast = broadcast
        self._delivered = delivered
        self._news = trio.Event()
        self._ended = False

    def __repr__(self) -> str:
        return f"<Feed delivered={self._delivered} of {self._broadcast.last}>"

    @property
    def delivered(self) -> int:
        """Sequence of the latest fact that it has delivered, or passed over."""
        return self._delivered

    def wake(self) -> None:
        """Look again."""
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | M:
        await trio.lowlevel.checkpoint()
        while True:
            broadcast = self._broadcast
            if self._ended:
                raise StopAsyncIteration
            if self._delivered + 1 < broadcast.first_kept:
                first, self._delivered = self._delivered + 1, broadcast.first_kept - 1
                broadcast.skipped += self._delivered + 1 - first
                marker = broadcast.missed(first, self._delivered)
                if marker is not None:
                    return marker
            if self._delivered < broadcast.last:
                self._delivered += 1
                return broadcast.ring[self._delivered - broadcast.first_kept]
            if broadcast.closed:
                raise StopAsyncIteration
            self._news = trio.Event()
            await self._news.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        self._ended = True
        self._broadcast.forget(self)
        self._news.set()
