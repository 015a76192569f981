"""Looks at a running process: does it answer, how much does it use. What follows is decided elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import trio

from hostcore.errors import HostError
from hostcore.manifest import Manifest
from hostcore.supervision._usage import Usage, cores_used
from hostcore.transports import Transport

UNASKED_INTERVAL: Final = 10.0
"""Seconds between two looks at a plugin that is not to be pinged: its memory is watched all the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Is what one look has shown.

    Attributes:
        age: seconds since the process was taken over by the watch, just after its start.
        missed: pings in a row that were not answered in time.
        rss_bytes: resident memory, or None.
        cpu_seconds: CPU time since the process was started, or None.
        cpu: cores used since the look before, or None.
        cpu_history: the latest of these, oldest first.
    """

    age: float
    missed: int
    rss_bytes: int | None
    cpu_seconds: float | None
    cpu: float | None
    cpu_history: tuple[float, ...]


class HealthWatch:
    """Takes a look at one process each interval.

    Args:
        manifest: says how often, and how long an answer may take.
        transport: the connection with the process.
        usage: measures the processes of a session.
    """

    def __init__(
        self, manifest: Manifest, transport: Transport, usage: Callable[[int], Usage | None]
    ) -> None:
        self._spec = manifest.health
        self._transport = transport
        self._measure = usage
        self._began = trio.current_time()
        self._missed = 0
        self._before: Usage | None = None
        self._cpu: deque[float] = deque(maxlen=self._spec.misses)

    async def look(self) -> Look:
        """Wait for the interval, then ping and measure.

        A plugin that does one thing at a time is not pinged while it works: it could not answer.
        """
        await trio.sleep(self._spec.interval or UNASKED_INTERVAL)
        transport = self._transport
        if self._spec.interval and (transport.is_concurrent or not transport.in_flight):
            try:
                await transport.ping(timeout=self._spec.timeout)
            except HostError:  # late, or the end has come: the instance sees that by itself
                self._missed += 1
            else:
                self._missed = 0
        return self._measured()

    def _measured(self) -> Look:
        usage = self._measure(self._transport.pid)
        cpu: float | None = None
        if usage is not None:
            if self._before is not None:
                cpu = cores_used(self._before, usage, usage.at - self._before.at)
                self._cpu.append(cpu)
            self._before = usage
        return Look(
            age=trio.current_time() - self._began,
            missed=self._missed,
            rss_bytes=usage.rss_bytes if usage is not None else None,
            cpu_seconds=usage.cpu_seconds if usage is not None else None,
            cpu=cpu,
            cpu_history=tuple(self._cpu),
        )
