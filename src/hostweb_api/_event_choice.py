"""Which events somebody wants, and events as they are sent."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from hostcore.events import Event, Recorded, event_kinds
from hostweb_api._json import dump_json
from hostweb_api._severity import Severity, severity_of

_SHOWN: Final = 64


def check_kind_words(text: str) -> str:
    """Return kinds of events with commas in between; as `check_kinds`."""
    check_kinds(text.split(","))
    return text


def check_kinds(kinds: list[str]) -> list[str]:
    """Return kinds of events. What is none is refused: nothing would ever come, and nobody would be told why.

    Raises:
        ValueError: with the kinds there are.
    """
    known = event_kinds()
    for kind in kinds:
        if kind not in known:
            near = get_close_matches(kind, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else ";"
            raise ValueError(f"{kind[:_SHOWN]!r} is no kind of event{meant} there are: {', '.join(known)}")
    return kinds


class EventChoice:
    """Says which events are wanted.

    Args:
        plugins: ids of plugins; None for all, and for the events of none.
        kinds: kinds of events; None for all.
        severity: the least.
    """

    def __init__(
        self, *, plugins: frozenset[str] | None, kinds: frozenset[str] | None, severity: Severity
    ) -> None:
        self._plugins = plugins
        self._kinds = kinds
        self._severity = severity

    def __repr__(self) -> str:
        return f"<EventChoice plugins={self._plugins} kinds={self._kinds} severity={self._severity}>"

    def takes(self, event: Event) -> bool:
        """Return whether an event is wanted."""
        return (
            (self._kinds is None or event.kind in self._kinds)
            and (self._plugins is None or getattr(event, "plugin", None) in self._plugins)
            and (self._severity is Severity.INFO or severity_of(event).reaches(self._severity))
        )


class EventText:
    """Encodes each event once, however many clients follow.

    Args:
        kept: how many encoded ones are kept: as far as a client that reads well can be behind another.
    """

    def __init__(self, kept: int = 256) -> None:
        self._kept = kept
        self._texts: dict[int, bytes] = {}

    def __repr__(self) -> str:
        return f"<EventText kept={len(self._texts)}>"

    def of(self, event: Recorded) -> bytes:
        """Return an event as JSON."""
        text = self._texts.get(event.sequence)
        if text is None:
            if len(self._texts) >= self._kept:
                del self._texts[next(iter(self._texts))]
            text = self._texts[event.sequence] = dump_json(event.as_json())
        return text
