"""One subscription on its way to a client: what a topic gives, put together into messages."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import trio

from hostweb_api._json import dump_json
from hostweb_api._problems import internal_problem, problem_of
from hostweb_api.live._topics import Found, Gap

if TYPE_CHECKING:
    from hostweb_api.live._topics import Source

_log = logging.getLogger(__name__)

BATCH_SECONDS: Final = 0.02
"""Between two messages of a subscription: a message a frame of a screen, however many things happen."""

BATCH_ITEMS: Final = 256
BATCH_BYTES: Final = 256 * 1024
"""At most so much is taken from a topic ahead of the client: what a socket's buffer holds, too."""

Say = Callable[[bytes], Awaitable[None]]


class LiveSubscription:
    """Carries one topic to one client, as fast as the client reads.

    Args:
        name: the client's id of it.
        topic: the topic's name.
        source: where the items come from.
        say: sends a message; waits while the client does not read.
        quiet: seconds after which the cursor is told although nothing was wanted.
    """

    def __init__(self, name: str, topic: str, source: Source, *, say: Say, quiet: float) -> None:
        self.name = name
        self._topic = topic
        self._source = source
        self._say = say
        self._quiet = quiet
        self._pending: deque[Found | Gap] = deque()
        self._held = 0
        self._cursor = source.cursor
        self._told: str | None = source.cursor
        self._is_over = False
        self._news = trio.Event()
        self._room = trio.Event()
        self._scope = trio.CancelScope()

    def __repr__(self) -> str:
        return f"<LiveSubscription {self.name} to {self._topic} held={len(self._pending)}>"

    def cancel(self) -> None:
        """End it; what is held is dropped."""
        self._scope.cancel()

    async def run(self) -> None:
        """Carry items until the topic ends or `cancel`, and say that it has ended."""
        reason = "asked"
        with self._scope:
            await self._tell("subscribed", topic=self._topic, cursor=self._cursor)
            try:
                async with self._source as source, trio.open_nursery() as nursery:
                    nursery.start_soon(self._collect, source)
                    await self._deliver()
            except Exception as error:  # noqa: BLE001 - the boundary of a topic: the others go on
                await self._failed(error)
            reason = "ended"
        await self._tell("unsubscribed", reason=reason)

    async def _failed(self, error: Exception) -> None:
        problem = problem_of(error)
        if problem is None:
            _log.error("The topic %s failed", self._topic, exc_info=error)
            problem = internal_problem()
        await self._tell("error", about="subscribe", problem=problem.as_json())

    async def _collect(self, source: Source) -> None:
        async for found in source:
            if isinstance(found, Found) and found.item is None:
                self._skip(found.cursor)
                continue
            while len(self._pending) >= BATCH_ITEMS or self._held >= BATCH_BYTES:
                self._room = trio.Event()
                await self._room.wait()
            self._pending.append(found)
            if isinstance(found, Found) and found.item is not None:
                self._held += len(found.item)
            self._news.set()
        self._is_over = True
        self._news.set()

    def _skip(self, cursor: str | None) -> None:
        """Note that something was looked at and not wanted."""
        if self._pending and isinstance(last := self._pending[-1], Found):
            self._pending[-1] = Found(item=last.item, cursor=cursor)
        elif not self._pending:
            self._cursor = cursor

    async def _deliver(self) -> None:
        while True:
            if self._pending:
                await self._send_batch()
                await trio.sleep(BATCH_SECONDS)
            elif self._is_over:
                return
            else:
                await self._wait_for_news()

    async def _wait_for_news(self) -> None:
        self._news = trio.Event()
        with trio.move_on_after(self._quiet):
            await self._news.wait()
            return
        if self._cursor != self._told:
            await self._send([])

    async def _send_batch(self) -> None:
        items: list[bytes] = []
        while self._pending and isinstance(found := self._pending[0], Found) and found.item is not None:
            self._pending.popleft()
            self._held -= len(found.item)
            items.append(found.item)
            self._cursor = found.cursor
        self._room.set()
        if items:
            await self._send(items)
        elif isinstance(gap := self._pending.popleft(), Gap):
            self._cursor = self._told = gap.cursor
            await self._tell("gap", reason=gap.reason, missed=gap.missed, cursor=gap.cursor)

    async def _send(self, items: list[bytes]) -> None:
        self._told = self._cursor
        head = dump_json({"type": "items", "id": self.name, "cursor": self._cursor})
        await self._say(b'%s,"items":[%s]}' % (head[:-1], b",".join(items)))

    async def _tell(self, kind: str, **members: Any) -> None:
        await self._say(dump_json({"type": kind, "id": self.name, **members}))
