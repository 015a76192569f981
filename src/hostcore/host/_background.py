"""What extensions do while the host runs: their background tasks, and being told of events."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import trio

from hostcore.events import EventsMissed, Recorded
from hostcore.hooks import (
    ASYNC_HOOK_SECONDS,
    FAILURES,
    BackgroundTask,
    Extensions,
    HostControl,
    dispatch_events,
)
from hostcore.host._broadcast import Feed

HOOK: Final = "hostcore_provide_background_tasks"

LAST_WORDS_SECONDS: Final = 2 * ASYNC_HOOK_SECONDS
"""How long a stopping host waits until extensions were told of its last events: two that use all of their time."""

END_SECONDS: Final = 5.0
"""How long a stopping host waits for background tasks that tidy up after they were cancelled."""


class Background:
    """Runs what extensions do beside the host.

    Args:
        extensions: whose work it is.
        nursery: runs it.
    """

    def __init__(self, extensions: Extensions, nursery: trio.Nursery) -> None:
        self._extensions = extensions
        self._nursery = nursery
        self._scopes: list[trio.CancelScope] = []
        self._running = 0
        self._idle = trio.Event()
        self._told: trio.Event | None = None

    def __repr__(self) -> str:
        return f"<Background tasks={self._running}>"

    def begin(self, host: HostControl, events: Feed[Recorded, EventsMissed]) -> None:
        """Start the tasks, and tell extensions of events from the first one on."""
        for name, task in self._extensions.collect_named(HOOK, object, host=host):
            if not callable(task):
                self._extensions.failed(name, HOOK, TypeError(f"{task!r:.80} is no async function"))
                continue
            self._running += 1
            scope = trio.CancelScope()
            self._scopes.append(scope)
            self._nursery.start_soon(partial(self._run, name, task, scope), name=f"background task of {name}")
        if self._extensions.wants_events:
            self._told = trio.Event()
            self._nursery.start_soon(self._tell, host, events, self._told, name="events to extensions")

    async def _run(self, name: str, task: BackgroundTask, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await task()
        except FAILURES as error:
            self._extensions.failed(name, HOOK, error)
        except BaseExceptionGroup as group:
            # What it raised came out of its nursery together with the cancellation of the host.
            failed, rest = group.split(FAILURES)
            if failed is not None:
                self._extensions.failed(name, HOOK, failed)
            if rest is not None:
                raise rest from None
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def _tell(self, host: Any, events: Feed[Recorded, EventsMissed], told: trio.Event) -> None:
        try:
            await dispatch_events(self._extensions, host, events)
        finally:
            told.set()

    async def end(self) -> None:
        """Cancel the background tasks and wait for them, for a moment."""
        for scope in self._scopes:
            scope.cancel()
        if self._running:
            with trio.move_on_after(END_SECONDS):
                await self._idle.wait()

    async def wait_told(self) -> None:
        """Wait until extensions were told of the last events, if they are told of any, for a moment."""
        if self._told is None:
            return
        with trio.move_on_after(LAST_WORDS_SECONDS):
            await self._told.wait()
