"""Tells the observers of one plugin of its calls and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from time import time as now
from typing import Any, Final

import trio

from hostcore.errors import CallFailedError, HostError, ProtocolError
from hostcore.hooks._control import HostControl
from hostcore.hooks._extensions import Extensions
from hostcore.hooks._facts import CallObserver, CallObserverBase
from hostcore.hooks._failures import FAILURES, SLOW_HOOK_SECONDS, BlockedError, Report
from hostcore.hooks._participants import Participants
from hostcore.manifest import Manifest
from hostcore.transports import (
    CANCELLED,
    HOST_FAULT,
    CallContext,
    CallRecord,
    Direction,
    MessageRecord,
    Observing,
)

HOOK: Final = "hostcore_provide_call_observers"

LONGEST_ERROR: Final = 500
"""Characters of an error's text in a record: a sentence and its place; a plugin may put a document into its message."""

OBSERVERS: Final = Participants(
    word="observer", base=CallObserverBase, parts=("call_ended", "message_passed")
)

_OUTSIDE: Final = CallContext(plugin="")

_Seen = tuple[str, Callable[..., Any]]
"""Name of an extension, and one method of its observer."""


class CallerGoneError(Exception):
    """Stands for the end of a call that no exception ends: whoever made it does not wait for it any more."""


class Observation:
    """Makes the records of one plugin's calls and tells its observers of them; `observe` makes it.

    Each call begins with `begin` or `begin_reverse`, and exactly one `end` follows. Nothing here raises.

    Args:
        plugin: the plugin's id.
        observers: names of extensions and what they gave.
        ids: gives each call its id, rising.
        report: takes failures of observers.

    Attributes:
        observing: what is to be seen of the plugin's connections.
    """

    __slots__ = ("_calls", "_ids", "_messages", "_plugin", "_report", "observing")

    def __init__(
        self, plugin: str, observers: list[tuple[str, CallObserver]], *, ids: Iterator[int], report: Report
    ) -> None:
        self._plugin = plugin
        self._ids = ids
        self._report = report
        self._calls = _seen("call_ended", observers)
        self._messages = _seen("message_passed", observers)
        self.observing = Observing(measured=True, tap=self._message_passed if self._messages else None)

    def __repr__(self) -> str:
        names = sorted({name for name, _ in (*self._calls, *self._messages)})
        return f"<Observation of {self._plugin} by {', '.join(names)}>"

    def begin(self, method: str, context: CallContext | None, *, streaming: bool = False) -> CallRecord:
        """Make the record of a call to the plugin."""
        if context is None and not streaming:  # the usual case
            return CallRecord(next(self._ids), self._plugin, method, now())
        context = context or _OUTSIDE
        record = CallRecord(
            next(self._ids),
            self._plugin,
            method,
            now(),
            context.call,
            context.plugin or None,
            Direction.TO_PLUGIN,
            streaming,
        )
        if context.on_record is not None:
            context.on_record(record.id)
        return record

    def begin_reverse(self, method: str, context: CallContext) -> CallRecord:
        """Make the record of a call of the plugin to the host itself."""
        return CallRecord(
            next(self._ids),
            self._plugin,
            method,
            now(),
            context.call,
            self._plugin,
            Direction.TO_HOST,
        )

    def end(
        self,
        record: CallRecord,
        duration: float,
        error: BaseException | None,
        params: Mapping[str, Any],
        result: Any,
    ) -> None:
        """Complete a record with its outcome and tell of it; `result` counts when there is no error."""
        record.duration = duration
        if error is not None:
            record.outcome, record.error = outcome_of(error)
            result = None
        started = perf_counter()
        for name, tell in self._calls:
            try:
                tell(record, params, result)
            except FAILURES as failure:
                self._report(name, HOOK, failure, where=f"call_ended of {record.method}")
        if (seconds := perf_counter() - started) > SLOW_HOOK_SECONDS:
            self._name(self._calls, "call_ended", seconds)

    def _message_passed(self, record: MessageRecord) -> None:
        started = perf_counter()
        for name, tell in self._messages:
            try:
                tell(record)
            except FAILURES as failure:
                self._report(name, HOOK, failure, where="message_passed")
        if (seconds := perf_counter() - started) > SLOW_HOOK_SECONDS:
            self._name(self._messages, "message_passed", seconds)

    def _name(self, seen: tuple[_Seen, ...], part: str, seconds: float) -> None:
        """Name who blocks the host; looking at the clock between them would cost each call what most never need."""
        for name, _ in seen:
            where = part if len(seen) == 1 else f"{part} of this or another one"
            self._report(name, HOOK, BlockedError(seconds), where=where)


def outcome_of(error: BaseException) -> tuple[str, str]:
    """Return the outcome and the text that a record has for what a call has raised."""
    if isinstance(error, trio.Cancelled | CallerGoneError | GeneratorExit | KeyboardInterrupt):
        return CANCELLED, "its caller has gone"
    if isinstance(error, CallFailedError) and error.name is not None:
        return error.code, f"{error.name}: {error.message}"[:LONGEST_ERROR]
    if isinstance(error, HostError | ProtocolError):
        return error.code, str(error)[:LONGEST_ERROR]
    return HOST_FAULT, f"{type(error).__name__}: {error}"[:LONGEST_ERROR]


def observe(
    extensions: Extensions, host: HostControl, manifest: Manifest, ids: Iterator[int]
) -> Observation | None:
    """Ask the extensions for observers of a plugin; None when there are none, or none that wants anything.

    One that lacks a method, or has an async one, is reported and left out.

    Args:
        extensions: are asked.
        host: shown to them.
        manifest: the plugin.
        ids: gives each call of the host its id.
    """
    found: list[tuple[str, Any]] = extensions.collect_named(HOOK, object, host=host, manifest=manifest)
    usable = OBSERVERS.usable(found, lambda name, error: extensions.failed(name, HOOK, error))
    if not _seen("call_ended", usable) and not _seen("message_passed", usable):
        return None
    return Observation(manifest.id, usable, ids=ids, report=extensions.failed)


def _seen(part: str, observers: list[tuple[str, CallObserver]]) -> tuple[_Seen, ...]:
    """Return one method of all observers, without those that do nothing because the base class has them."""
    return tuple((name, getattr(each, part)) for name, each in observers if OBSERVERS.does(each, part))
