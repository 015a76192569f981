"""What arrives for one request, on its way from the connection to the app.

ASGI has the app ask for each message, which takes a task, a nursery and a channel a request; half of the time that a
small request needs. An app that knows this server has messages pushed instead: it finds the inbox in the scope's
extensions, the place ASGI keeps for what a server offers beyond the standard. Any other app asks as usual.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio

INBOX: Final = "polyhost.inbox"

Sink = Callable[[Any], Awaitable[None]]


class Inbox:
    """Holds messages until they are asked for, or passes them on to whoever wants them pushed.

    Backpressure: `put` waits while `capacity` messages are held, or as long as the sink does.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: deque[Any] = deque()
        self._sink: Sink | None = None
        self._is_closed = False
        self._changed: trio.Event | None = None

    def __repr__(self) -> str:
        return f"<Inbox held={len(self._held)} closed={self._is_closed}>"

    async def put(self, message: Any) -> None:
        """Add a message; nothing happens once the app has ended."""
        while len(self._held) >= self._capacity and self._sink is None and not self._is_closed:
            await self._wait()
        if self._is_closed:
            return
        if self._sink is not None:
            await self._sink(message)
        else:
            self._held.append(message)
            self._wake()

    async def receive(self) -> Any:
        """Return the next message; is the `receive` of ASGI."""
        while not self._held:
            await self._wait()
        message = self._held.popleft()
        self._wake()
        return message

    async def push_to(self, sink: Sink) -> None:
        """Pass what is held and what still comes to `sink`, in its order."""
        while self._held:
            await sink(self._held.popleft())
        self._sink = sink
        self._wake()

    def close(self) -> None:
        """Drop everything: the app has ended."""
        self._is_closed = True
        self._held.clear()
        self._wake()

    async def _wait(self) -> None:
        if self._changed is None:
            self._changed = trio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None
