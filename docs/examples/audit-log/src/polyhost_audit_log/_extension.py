"""The extension: notes each call in memory while it runs, and writes in the background what was noted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from hostcore.errors import CallFailedError, HostError
from hostcore.hooks import (
    BackgroundTask,
    CallInfo,
    CallInterceptor,
    CallInterceptorBase,
    HostControl,
    hookimpl,
)
from polyhost_audit_log._store import Call, Store

FILE: Final = Path("extensions", "audit_log", "calls.db")
"""Where the log lies in the host's data folder."""

VARIABLE: Final = "AUDIT_LOG_PARAMS"
"""Names the methods whose params are kept: patterns such as `Greeter.* KeyValue.Set`."""

QUEUE: Final = 10_000
"""Calls that may wait to be written: a second of a busy host. What comes beyond that is counted, not kept."""

BATCH: Final = 1000
"""Calls in one transaction; more would keep other writers waiting."""

GATHER_SECONDS: Final = 0.1
"""How long calls gather for one transaction: a commit costs as much as a thousand rows."""

LAST_SECONDS: Final = 3.0
"""For the last transactions of a host that stops; it waits 5 s for its background tasks."""

MAX_PARAMS: Final = 4096
"""Characters of params that are kept of one call."""


class AuditLog:
    """Records who called what, and how it ended.

    Args:
        params: patterns of the methods whose params are kept; None takes those of the variable. Params can be secret,
            so none are kept by default.
        queue: calls that may wait to be written.
    """

    def __init__(self, params: Sequence[str] | None = None, *, queue: int = QUEUE) -> None:
        self._with_params = os.environ.get(VARIABLE, "").split() if params is None else params
        self._queue, self._queued = trio.open_memory_channel[Call](queue)
        self._running: set[Call] = set()
        self._dropped = 0

    @hookimpl(tryfirst=True)  # the outermost bracket also sees what other interceptors refuse
    def hostcore_provide_call_interceptors(self, method: str) -> Iterable[CallInterceptor]:
        """Stand around the calls of every method."""
        return [_Recorder(self, keep_params=any(fnmatchcase(method, each) for each in self._with_params))]

    @hookimpl
    def hostcore_provide_background_tasks(self, host: HostControl) -> Iterable[BackgroundTask]:
        """Write while the host runs."""

        async def write() -> None:
            await self._write(host.data / FILE)

        return [write]

    # -- while a call runs: nothing here may take long

    def begin(self, call: Call) -> None:
        """Remember a call that has no outcome yet."""
        self._running.add(call)

    def end(self, call: Call) -> None:
        """Queue a call that has its outcome; when the queue is full, or its writer is gone, it is only counted."""
        self._running.discard(call)
        try:
            self._queue.send_nowait(call)
        except (trio.WouldBlock, trio.BrokenResourceError):
            self._dropped += 1

    # -- in the background

    async def _write(self, file: Path) -> None:
        store = await trio.to_thread.run_sync(Store, file)
        calls: list[Call] = []
        try:
            while True:
                calls.append(await self._queued.receive())
                await trio.sleep(GATHER_SECONDS)
                await self._write_batch(store, calls)
        except trio.Cancelled:  # the host stops: what was noted is still written
            with trio.move_on_after(LAST_SECONDS, shield=True):
                while calls or self._dropped or self._queued.statistics().current_buffer_used:
                    await self._write_batch(store, calls)
                for call in self._running:  # their plugins are about to be stopped
                    call.duration_ms = (time.time() - call.at) * 1000
                await self._write_batch(store, list(self._running))
            raise
        finally:
            self._queued.close()
            store.close()

    async def _write_batch(self, store: Store, calls: list[Call]) -> None:
        """Write calls and what is queued behind them, and empty the list."""
        while len(calls) < BATCH:
            try:
                calls.append(self._queued.receive_nowait())
            except trio.WouldBlock:
                break
        dropped = self._dropped
        await trio.to_thread.run_sync(partial(store.add, calls, dropped=dropped, at=time.time()))
        self._dropped -= dropped
        calls.clear()


class _Recorder(CallInterceptorBase):
    """Notes the calls of one method."""

    def __init__(self, log: AuditLog, *, keep_params: bool) -> None:
        self._log = log
        self._keep_params = keep_params

    def before(self, call: CallInfo) -> None:
        """Note what is known before the call is made."""
        noted = Call(
            at=call.started_at,
            plugin=call.plugin,
            method=call.method,
            caller=call.caller,
            params_size=size_hint(call.params),
            params=as_json(call.params) if self._keep_params else None,
        )
        call.notes[self] = (noted, time.perf_counter())
        self._log.begin(noted)

    def after(self, call: CallInfo, result: Any) -> Any:
        """Note a result and pass it on."""
        noted, began = call.notes[self]
        noted.outcome = "ok"
        noted.result_size = size_hint(result)
        noted.duration_ms = (time.perf_counter() - began) * 1000
        self._log.end(noted)
        return result

    def error(self, call: CallInfo, error: BaseException) -> None:
        """Note why there is no result."""
        noted, began = call.notes[self]
        noted.outcome = outcome_of(error)
        noted.error = error.name if isinstance(error, CallFailedError) else None
        noted.duration_ms = (time.perf_counter() - began) * 1000
        self._log.end(noted)


def outcome_of(error: BaseException) -> str:
    """Return the code of an error; those of `HostError` are the same in Python, HTTP and events."""
    if isinstance(error, HostError):
        return error.code
    return "cancelled" if isinstance(error, trio.Cancelled) else type(error).__name__


def size_hint(value: Any) -> int:
    """Count the characters and bytes on top of a value; how much lies deeper is not worth looking at for each call."""
    values = value.values() if isinstance(value, Mapping) else (value,)
    return sum(len(each) for each in values if isinstance(each, str | bytes))


def as_json(params: Mapping[str, Any]) -> str:
    """Write params down, cut when they are long; binary data only by its size."""
    text = json.dumps(params, ensure_ascii=False, skipkeys=True, default=_without_json)
    return text if len(text) <= MAX_PARAMS else text[: MAX_PARAMS - 1] + "…"


def _without_json(value: object) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else f"<{type(value).__name__}>"
