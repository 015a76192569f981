"""Ends an answer that goes on once its client may not be here any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import trio

CHECK_SECONDS: Final = 1.0
"""How soon an answer ends whose client has signed out, or whose token was revoked or has expired."""


class Stay:
    """Is how long one client may stay.

    Args:
        may_stay: whether it still may.

    Attributes:
        is_over: whether it may not any more.
    """

    def __init__(self, may_stay: Callable[[], bool]) -> None:
        self.is_over = False
        self._may_stay = may_stay
        self._wait = trio.CancelScope()

    def __repr__(self) -> str:
        return f"<Stay over={self.is_over}>"

    async def watch(self) -> None:
        """Look again and again; returns when it is over."""
        while self._may_stay():  # noqa: ASYNC110 - nobody tells: a command may have written to the file
            await trio.sleep(CHECK_SECONDS)
        self.is_over = True
        self._wait.cancel()

    async def wait(self, work: Callable[[], Awaitable[bytes]]) -> bytes | None:
        """Return what `work` gives, or None when it was broken off, or not begun, since it is over."""
        if self.is_over:
            return None
        with trio.CancelScope() as self._wait:
            return await work()
        return None
