"""What the end of the server ends: answers that go on, at once, and requests that take too long, after their time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from types import TracebackType


class OpenStreams:
    """Knows every answer that waits for something to happen, and every request at work, and can end them all."""

    def __init__(self) -> None:
        self._waits: set[trio.CancelScope] = set()
        self._work: set[trio.CancelScope] = set()
        self._is_closed = False
        self._is_cut = False

    def __repr__(self) -> str:
        return f"<OpenStreams waiting={len(self._waits)} closed={self._is_closed}>"

    @property
    def is_closed(self) -> bool:
        """Whether the server stops: streams end, and do not begin."""
        return self._is_closed

    def close(self) -> None:
        """End all streams, those that come later too."""
        self._is_closed = True
        for wait in tuple(self._waits):
            wait.cancel()

    def begin_work(self, scope: trio.CancelScope) -> None:
        """Note the work on a request, which may be cut off by cancelling its scope."""
        self._work.add(scope)
        if self._is_cut:
            self.cut()

    def end_work(self, scope: trio.CancelScope) -> bool:
        """Forget the work on a request; returns whether it was cut off."""
        was_cut = scope not in self._work
        self._work.discard(scope)
        return was_cut

    def cut(self) -> None:
        """Break off the work on all requests, those that come later too; who works says so to the client."""
        self._is_cut = True
        work, self._work = self._work, set()
        for scope in work:
            scope.cancel()

    def wait(self, timeout: float = math.inf) -> Wait:
        """Bound a wait by `timeout` seconds and by the end of the server, whichever comes first."""
        return Wait(self._waits, timeout=timeout, is_over=self._is_closed)


class Wait:
    """Is one bounded wait, a context manager: leaving it early, the block ends and the code after it runs."""

    def __init__(self, waits: set[trio.CancelScope], *, timeout: float, is_over: bool) -> None:
        self._waits = waits
        self._scope = trio.CancelScope(deadline=trio.current_time() + timeout)
        if is_over:
            self._scope.cancel()

    def __enter__(self) -> trio.CancelScope:
        self._waits.add(self._scope)
        return self._scope.__enter__()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> bool:
        self._waits.discard(self._scope)
        return self._scope.__exit__(exc_type, exc_value, tb)
