"""The events of the host as the API answers them: flat objects, one kind of object for each kind of event."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields, make_dataclass
from typing import Annotated, Any, Final, Literal, Union

from pydantic import Field, RootModel

import hostcore.events
from hostcore.events import Event, EventsMissed, Recorded

_NO_KINDS: Final = frozenset(
    {Event.__name__, EventsMissed.__name__, Recorded.__name__, hostcore.events.event_kinds.__name__}
)

_ATTRIBUTES: Final = "\n\nAttributes:\n"
_PLACE: Final = """\
    id: `<run>-<sequence>`; it can be asked for later what came after it.
    sequence: counts the events of this run of the host, from 1.
    at: seconds since the epoch.
    kind: which kind of event it is.
"""


def _flat(event: type[Event]) -> type[Any]:
    """Return what `Recorded.as_json` makes of an event, as a type."""
    members = [("id", str), ("sequence", int), ("at", float), ("kind", Literal[event.kind])]
    members += [(each.name, each.type) for each in fields(event)]
    found = make_dataclass(event.__name__, members, frozen=True, kw_only=True)
    text, _, attributes = inspect.cleandoc(event.__doc__ or "").partition(_ATTRIBUTES)
    found.__doc__, found.__module__ = text + _ATTRIBUTES + _PLACE + attributes, event.__module__
    return found


_KINDS: Final = tuple(
    _flat(getattr(hostcore.events, name)) for name in hostcore.events.__all__ if name not in _NO_KINDS
)
_ANY_KIND: Final = Annotated[Union[_KINDS], Field(discriminator="kind")]  # noqa: UP007 - made of a tuple


class RecordedEvent(RootModel[_ANY_KIND]):  # type: ignore[valid-type] # made of the list of kinds
    """Is an event with its id, its place in the sequence and its time; `kind` says which members it has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventsOfOtherRun:
    """Says that the events after an id cannot be told, because it is of another run of the host.

    Attributes:
        reason: `other-run`.
        run: identifies this run of the host.
        asked_for: the id that was asked for.
    """

    reason: Literal["other-run"]
    run: str
    asked_for: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventsGap:
    """Says which events are not kept any more.

    Attributes:
        reason: `missed`.
        run: identifies this run of the host.
        first: sequence of the first event that is missing.
        last: sequence of the last one.
    """

    reason: Literal["missed"]
    run: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventList:
    """Holds the events that are kept.

    Attributes:
        run: identifies this run of the host.
        last: sequence of the latest event.
        gap: what cannot be told any more, or null.
        events: the oldest first.
    """

    run: str
    last: int
    gap: EventsOfOtherRun | EventsGap | None
    events: tuple[RecordedEvent, ...]
