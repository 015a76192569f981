"""The events of one run of the host, numbered."""

from __future__ import annotations

import time
from collections.abc import Callable

from hostcore.events import Event, EventsMissed, Recorded
from hostcore.host._broadcast import Broadcast, Feed
from hostcore.snapshots import EventStatistics


class RunEvents:
    """Numbers events and publishes them.

    Args:
        run: names the run.
        kept: how many events are there for who comes late.
        on_event: told of each one; None for nobody. It must neither block nor raise.
    """

    def __init__(self, run: str, kept: int, *, on_event: Callable[[Recorded], None] | None) -> None:
        self._run = run
        self._on_event = on_event
        self._events: Broadcast[Recorded, EventsMissed] = Broadcast(
            kept, missed=lambda first, last: EventsMissed(first=first, last=last)
        )

    def __repr__(self) -> str:
        return f"<RunEvents {self._run}-{self.last}>"

    @property
    def last(self) -> int:
        """The sequence of the latest event, 0 before the first."""
        return self._events.last

    def record(self, event: Event) -> None:
        """Publish an event."""
        recorded = Recorded(run=self._run, sequence=self.last + 1, at=time.time(), event=event)
        self._events.publish(recorded)
        if self._on_event is not None:
            self._on_event(recorded)

    def subscribe(self, *, after: int | None = None) -> Feed[Recorded, EventsMissed]:
        """Follow the events; see `Broadcast.subscribe`."""
        return self._events.subscribe(after=after)

    def statistics(self) -> EventStatistics:
        """Say how far those who follow them are behind."""
        return self._events.statistics()

    def close(self) -> None:
        """End all subscriptions once they have what there is."""
        self._events.close()
