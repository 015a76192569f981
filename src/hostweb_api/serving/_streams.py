"""Answers that go on: what they have in common is that they end at once when the server stops."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from types import TracebackType


class OpenStreams:
    """Knows every answer that waits for something to happen, and can end them all."""

    def __init__(self) -> None:
        self._waits: set[trio.CancelScope] = set()
        self._is_closed = False

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
