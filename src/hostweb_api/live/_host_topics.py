"""The topics that tell what has happened: the host's events, and the log of a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from hostcore.events import EventsMissed, Recorded
from hostcore.snapshots import LogLine, as_json
from hostweb_api._event_choice import EventChoice, EventText
from hostweb_api._event_ids import Place, find_place
from hostweb_api._json import dump_json
from hostweb_api._severity import Severity
from hostweb_api.live._messages import EventsFilter, LogsFilter, check_filter
from hostweb_api.live._topics import Found, Gap
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl, Subscription

_LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")


class EventsTopic:
    """Is the topic `events`."""

    name = "events"
    scope = Scope.VIEWER

    def __init__(self, host: HostControl, text: EventText) -> None:
        self._host = host
        self._text = text

    def open(self, chosen: Mapping[str, Any], after: str | None) -> EventsSource:
        """Begin a subscription."""
        wanted = check_filter(EventsFilter, dict(chosen))
        choice = EventChoice(
            plugins=None if wanted.plugins is None else frozenset(wanted.plugins),
            kinds=None if wanted.kinds is None else frozenset(wanted.kinds),
            severity=Severity(wanted.severity),
        )
        place = find_place(after, run=self._host.run_id, last=self._host.last_event)
        return EventsSource(self._host, place, choice, self._text)


class EventsSource:
    """Is a subscription to the host's events; see `Source`."""

    def __init__(self, host: HostControl, place: Place, choice: EventChoice, text: EventText) -> None:
        self._run = host.run_id
        self._at = host.last_event if place.after is None else place.after
        self._is_other_run = place.is_other_run
        self._feed: Subscription[Recorded | EventsMissed] = host.events(after=self._at)
        self._choice = choice
        self._text = text

    @property
    def cursor(self) -> str:
        """Where it is: the id of the latest event that was looked at."""
        return f"{self._run}-{self._at}"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Found | Gap:
        if self._is_other_run:
            self._is_other_run = False
            return Gap(reason="other-run", cursor=self.cursor)
        item = await self._feed.__anext__()
        if isinstance(item, EventsMissed):
            self._at = item.last
            return Gap(reason="missed", missed=item.last - item.first + 1, cursor=self.cursor)
        self._at = item.sequence
        wanted = self._choice.takes(item.event)
        return Found(item=self._text.of(item) if wanted else None, cursor=self.cursor)

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._feed.__aexit__(*args)


class LogsTopic:
    """Is the topic `logs`: the log of one plugin."""

    name = "logs"
    scope = Scope.VIEWER

    def __init__(self, host: HostControl) -> None:
        self._host = host

    def open(self, chosen: Mapping[str, Any], after: str | None) -> LogsSource:
        """Begin a subscription."""
        wanted = check_filter(LogsFilter, dict(chosen))
        lines = self._host.logs(wanted.plugin, last=max(1, wanted.last))
        last = lines[-1].sequence if lines else 0
        place = find_place(after, run=self._host.run_id, last=last)
        if after is None and wanted.last and lines:
            place = Place(after=lines[0].sequence - 1)
        levels = frozenset(_LEVELS[_LEVELS.index(wanted.level) :])
        return LogsSource(
            self._host, wanted.plugin, Place(after=last) if place.after is None else place, levels
        )


class LogsSource:
    """Is a subscription to the log of a plugin; see `Source`. A log is told in sequence, so what is missing shows."""

    def __init__(self, host: HostControl, plugin: str, place: Place, levels: frozenset[str]) -> None:
        self._run = host.run_id
        self._at = place.after or 0
        self._is_other_run = place.is_other_run
        self._feed: Subscription[LogLine] = host.follow_logs(plugin, after=self._at)
        self._levels = levels
        self._next: LogLine | None = None

    @property
    def cursor(self) -> str:
        """Where it is."""
        return f"{self._run}-{self._at}"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Found | Gap:
        if self._is_other_run:
            self._is_other_run = False
            return Gap(reason="other-run", cursor=self.cursor)
        line = self._next or await self._feed.__anext__()
        self._next = None
        missed = line.sequence - self._at - 1
        if missed > 0:
            self._next = line
            self._at += missed
            return Gap(reason="missed", missed=missed, cursor=self.cursor)
        self._at = line.sequence
        return Found(item=self._encode(line), cursor=self.cursor)

    def _encode(self, line: LogLine) -> bytes | None:
        # A level that is none of ours is shown to everybody rather than to nobody.
        if line.level in _LEVELS and line.level not in self._levels:
            return None
        return dump_json(as_json(line))

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._feed.__aexit__(*args)
