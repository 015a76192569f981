"""The log of one plugin: its latest lines, and who follows them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from hostcore.host._broadcast import Broadcast, Feed
from hostcore.snapshots import LogLine, LogSource


class PluginLog:
    """Keeps the lines of one plugin, over all its processes.

    Args:
        plugin: its id.
        kept: how many lines are there for who comes late.
        logged: told of each line.
    """

    def __init__(self, plugin: str, kept: int, *, logged: Callable[[LogLine], None]) -> None:
        self._plugin = plugin
        self._logged = logged
        self._lines: Broadcast[LogLine, LogLine] = Broadcast(kept, missed=lambda _first, _last: None)

    def __repr__(self) -> str:
        return f"<PluginLog {self._plugin} lines={self.last}>"

    @property
    def last(self) -> int:
        """The sequence of the latest line, 0 before the first."""
        return self._lines.last

    def write(
        self,
        instance: int,
        source: LogSource,
        level: str,
        message: str,
        *,
        logger: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line; see `LogLine`."""
        line = LogLine(
            sequence=self.last + 1,
            at=time.time(),
            plugin=self._plugin,
            instance=instance,
            source=source,
            level=level,
            message=message,
            logger=logger,
            fields=fields or {},
        )
        self._lines.publish(line)
        self._logged(line)

    def latest(self, count: int) -> tuple[LogLine, ...]:
        """Return the last lines that are kept, at most so many."""
        ring = self._lines.ring
        return tuple(ring)[max(0, len(ring) - count) :]

    def subscribe(self, *, after: int | None = None) -> Feed[LogLine, LogLine]:
        """Follow the lines; see `Broadcast.subscribe`."""
        return self._lines.subscribe(after=after)

    def close(self) -> None:
        """End all subscriptions once they have what there is."""
        self._lines.close()
