"""Counts the calls of a plugin, by method, as they end; kept small, as every call pays for it."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping
from itertools import count
from typing import Final

import trio

from hostcore.errors import HostError
from hostcore.hooks import Observation, outcome_of
from hostcore.snapshots import LATENCY_BOUNDS, CallStatistics

UNDESCRIBED: Final = "(undescribed)"
"""Stands for all methods that nothing describes: a plugin without interface files accepts any name."""

MOST_METHODS: Final = 1000
"""Methods counted by name for one plugin; reloads may bring new ones for ever. The rest is counted as undescribed."""


class CallTally:
    """Counts the calls of one method.

    Attributes:
        begun: calls that were made.
    """

    __slots__ = ("_failures", "_latencies", "_seconds", "begun")

    def __init__(self) -> None:
        self.begun = 0
        self._seconds = 0.0
        self._latencies = [0] * (len(LATENCY_BOUNDS) + 1)
        self._failures: dict[str, int] = {}

    def end(self, duration: float, failure: BaseException | None) -> None:
        """Count the outcome of a call that took `duration` seconds."""
        self._seconds += duration
        self._latencies[bisect_left(LATENCY_BOUNDS, duration)] += 1
        if failure is not None:
            code = outcome_of(failure)[0]
            self._failures[code] = self._failures.get(code, 0) + 1

    def snapshot(self) -> CallStatistics:
        """Take a picture."""
        ended = sum(self._latencies)
        return CallStatistics(
            calls=ended,
            errors=sum(self._failures.values()),
            total_seconds=self._seconds,
            in_flight=self.begun - ended,
            failures=dict(self._failures),
            latencies=tuple(self._latencies),
        )


class CallCounter:
    """Counts the calls of one plugin, and knows who is told of them.

    Attributes:
        observation: makes the records of its calls; None when nobody observes them.
        last: when the latest call was made, by `time.perf_counter`; None before the first.
    """

    __slots__ = ("_names", "_tallies", "last", "observation")

    def __init__(self) -> None:
        self.observation: Observation | None = None
        self.last: float | None = None
        self._tallies: dict[str, CallTally] = {}
        self._names = count(1)

    def name_call(self) -> str:
        """Return what a call is called that nobody records and no process has yet; unique for the plugin."""
        return f"call-{next(self._names)}"

    @property
    def last_at(self) -> float | None:
        """When the latest call was made, seconds since the epoch; None before the first."""
        return None if self.last is None else time.time() - (time.perf_counter() - self.last)

    def tally(self, method: str | None) -> CallTally:
        """Return what counts the calls of a method, whatever edition of the plugin has it; None for an undescribed one."""
        if method is None or (method not in self._tallies and len(self._tallies) >= MOST_METHODS):
            method = UNDESCRIBED
        return self._tallies.setdefault(method, CallTally())

    def methods(self) -> Mapping[str, CallStatistics]:
        """Take a picture of each method that was called."""
        return {name: each.snapshot() for name, each in sorted(self._tallies.items()) if each.begun}

    def snapshot(self) -> CallStatistics:
        """Take a picture of all of them together."""
        return CallStatistics.total(each.snapshot() for each in self._tallies.values() if each.begun)


def failure_in(error: BaseException) -> BaseException:
    """Return what made a streaming call fail, out of the group that a nursery of its caller has made of it.

    That is what the host has said; else what else was raised; else that the caller has left.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    cancelled, others = error.split(trio.Cancelled)
    found: BaseException | None = error.subgroup(HostError) or others or cancelled
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found or error
