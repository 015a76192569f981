"""Stops plugins that start on demand when nobody has called them for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import trio

from hostcore.errors import HostClosedError, PluginNotFoundError
from hostcore.hooks import BackgroundTask, HostControl, hookimpl
from hostcore.manifest import StartMode
from hostcore.policies._words import in_words
from hostcore.snapshots import PluginSnapshot, PluginState, Reason

LOOK_INTERVAL: Final = 5.0
"""Seconds between two looks: a plugin rests that much later than its manifest says, which nobody notices."""

LEAST_INTERVAL: Final = 0.05
"""Seconds between two looks when an `idle_timeout` is tiny, as in tests; less would be work without an end."""

LOOKS_A_TIMEOUT: Final = 4
"""Looks within the shortest `idle_timeout`: the stop comes at most a quarter late."""


class IdleStop:
    """Lets a plugin with `start = "on-demand"` rest after `idle_timeout` seconds without a call.

    Args:
        clock: seconds since the epoch, as snapshots have them.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    @hookimpl
    def hostcore_provide_background_tasks(self, host: HostControl) -> Iterable[BackgroundTask]:
        """Give the task that looks around."""

        async def look_around() -> None:
            busy_at: dict[str, float] = {}
            while True:
                pause = await self._look(host, busy_at)
                await trio.sleep(pause)

        return [look_around]

    async def _look(self, host: HostControl, busy_at: dict[str, float]) -> float:
        """Let idle plugins rest; return the seconds until the next look."""
        now = self._clock()
        timeouts = _timeouts(host)
        for each in set(busy_at) - timeouts.keys():
            del busy_at[each]
        async with trio.open_nursery() as nursery:  # a stop takes up to the plugin's shutdown times
            for plugin, (snapshot, timeout) in timeouts.items():
                if _calls(snapshot):
                    busy_at[plugin] = now
                elif is_idle(snapshot, timeout=timeout, busy_at=busy_at.get(plugin), now=now):
                    nursery.start_soon(_rest, host, plugin, timeout)
        return look_again_after(timeout for _, timeout in timeouts.values())


def is_idle(snapshot: PluginSnapshot, *, timeout: float, busy_at: float | None, now: float) -> bool:
    """Say whether a plugin may rest. Pure.

    Args:
        snapshot: the plugin.
        timeout: its `idle_timeout`.
        busy_at: when it was last seen with a call in flight, or None: a long call ends later than it was made.
        now: seconds since the epoch, as those in the snapshot.
    """
    if snapshot.start != StartMode.ON_DEMAND or snapshot.state not in {
        PluginState.READY,
        PluginState.DEGRADED,
    }:
        return False
    started = [each.started_at for each in snapshot.instances if each.started_at is not None]
    moments = [*started[:1], *(each for each in (snapshot.last_call_at, busy_at) if each is not None)]
    return not _calls(snapshot) and bool(moments) and now - max(moments) > timeout


def look_again_after(timeouts: Iterable[float]) -> float:
    """Return how long to wait until the next look, in seconds. Pure."""
    shortest = min(timeouts, default=LOOK_INTERVAL * LOOKS_A_TIMEOUT)
    return max(LEAST_INTERVAL, min(LOOK_INTERVAL, shortest / LOOKS_A_TIMEOUT))


def _calls(snapshot: PluginSnapshot) -> int:
    return sum(each.in_flight + each.queued for each in snapshot.instances)


def _timeouts(host: HostControl) -> dict[str, tuple[PluginSnapshot, float]]:
    """Return those plugins that may rest one day, with their `idle_timeout`."""
    found: dict[str, tuple[PluginSnapshot, float]] = {}
    for snapshot in host.plugins():
        if snapshot.start == StartMode.ON_DEMAND:
            try:
                timeout = host.manifest(snapshot.id).idle_timeout
            except PluginNotFoundError:  # its manifest could not be read: it is not running either
                continue
            if timeout is not None:
                found[snapshot.id] = (snapshot, timeout)
    return found


async def _rest(host: HostControl, plugin: str, timeout: float) -> None:
    reason = Reason(code="idle", text=f"no call for {in_words(timeout)}; the next one starts it")
    with suppress(
        PluginNotFoundError, HostClosedError
    ):  # unloaded meanwhile, or the host stops: it rests anyway
        await host.rest(plugin, reason)
