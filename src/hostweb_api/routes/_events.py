"""`/api/events`: what happens in the host, as server-sent events or as a list."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import trio
from quart import Blueprint, request
from quart.wrappers.response import Response

from hostcore.events import EventsMissed, Recorded
from hostweb_api._event_answers import EventList, RecordedEvent
from hostweb_api._event_choice import EventChoice, EventText
from hostweb_api._event_ids import Place, find_place
from hostweb_api._json import dump_json
from hostweb_api._models import EventsQuery
from hostweb_api._operations import Answer, RequestHeader, operation
from hostweb_api._responses import SSE, json_response
from hostweb_api._severity import Severity
from hostweb_api.security._callers import Scope
from hostweb_api.serving._exchange import LiveBody

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from hostcore.host import HostControl, Subscription
    from hostweb_api._settings import ApiSettings
    from hostweb_api.serving._streams import OpenStreams

# Tells a browser to come back a second after the connection broke; its own default is three to five.
_GREETING: Final = b"retry: 1000\n\n"
_HEARTBEAT: Final = b": still here\n\n"
# Where much happens, events go out once a frame of a screen, together; the first one at once.
_BATCH_SECONDS: Final = 0.02
_BATCH_BYTES: Final = 256 * 1024


def events_blueprint(
    host: HostControl, streams: OpenStreams, settings: ApiSettings, text: EventText
) -> Blueprint:
    """Return the route of the host's events."""
    routes = Blueprint("events", __name__)

    @routes.get("/api/events")
    @operation(
        "showEvents",
        scope=Scope.VIEWER,
        query=EventsQuery,
        headers=(
            RequestHeader(
                name="Last-Event-ID",
                description="After which event to begin, as a browser sends it; it wins over `after`.",
            ),
        ),
        answers={
            200: (
                Answer(kind=RecordedEvent, description="Events as they happen.", media_type=SSE),
                Answer(kind=EventList, description="With `Accept: application/json`: those that are kept."),
            )
        },
        problems=("streams-exceeded",),
    )
    async def show_events(query: EventsQuery) -> Response:
        """Show what has happened, and what happens from now on."""
        wanted = request.headers.get("Last-Event-ID") or query.after
        choice = EventChoice(
            plugins=_words(query.plugin), kinds=_words(query.kind), severity=Severity(query.severity)
        )
        place = find_place(wanted, run=host.run_id, last=host.last_event)
        gap = _other_run(host, wanted) if place.is_other_run else None
        if _wants_list():
            return json_response(await _list_events(host, place, gap, choice))
        feed = host.events(after=place.after)
        body = _EventBody(
            host,
            feed,
            gap,
            choice=choice,
            text=text,
            streams=streams,
            heartbeat=settings.heartbeat,
        )
        return Response(body, headers={"X-Accel-Buffering": "no"}, content_type=SSE)

    return routes


def _wants_list() -> bool:
    best = request.accept_mimetypes.best_match([SSE, "application/json"], default=SSE)
    return best == "application/json"


def _words(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text.split(","))


async def _list_events(
    host: HostControl, place: Place, gap: dict[str, Any] | None, choice: EventChoice
) -> dict[str, Any]:
    """Return the kept events after a place, up to the latest one at this moment."""
    last, after = host.last_event, place.after or 0
    found: list[dict[str, Any]] = []
    if last > after:
        async with host.events(after=after) as events:
            async for item in events:
                if isinstance(item, EventsMissed):
                    gap = gap or _missed(host, item)
                    reached = item.last
                else:
                    if choice.takes(item.event):
                        found.append(item.as_json())
                    reached = item.sequence
                if reached >= last:
                    break
    return {"run": host.run_id, "last": last, "gap": gap, "events": found}


def _other_run(host: HostControl, wanted: str | None) -> dict[str, Any]:
    return {"reason": "other-run", "run": host.run_id, "asked_for": wanted}


def _missed(host: HostControl, item: EventsMissed) -> dict[str, Any]:
    return {"reason": "missed", "run": host.run_id, "first": item.first, "last": item.last}


class _EventBody(LiveBody):
    """Sends each event as a server-sent event, a gap where some are missing, and comments in between.

    It keeps nothing for a client that reads slowly but what goes out next.
    """

    is_endless = True

    def __init__(
        self,
        host: HostControl,
        feed: Subscription[Recorded | EventsMissed],
        gap: dict[str, Any] | None,
        *,
        choice: EventChoice,
        text: EventText,
        streams: OpenStreams,
        heartbeat: float,
    ) -> None:
        self._host = host
        self._feed = feed
        self._gap = gap
        self._choice = choice
        self._text = text
        self._streams = streams
        self._heartbeat = heartbeat
        self._sent_at = -math.inf
        # The latest event that was left out, if none was sent since.
        self._passed: str | None = None

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._feed.__aexit__(exc_type, exc_value, tb)

    async def begin(self) -> bytes:
        return _GREETING + (_gap_block(self._gap) if self._gap else b"")

    async def __anext__(self) -> bytes:
        found = b""
        with self._streams.wait(self._heartbeat):
            while not found:
                found = await self._next_block()
        if not found:
            if self._streams.is_closed:
                raise StopAsyncIteration
            return self._heartbeat_block()
        found += await self._more()
        self._sent_at = trio.current_time()
        return found

    async def _more(self) -> bytes:
        """Return what comes until the next message may go out."""
        parts: list[bytes] = []
        size = 0
        with trio.move_on_at(self._sent_at + _BATCH_SECONDS), suppress(StopAsyncIteration):
            while size < _BATCH_BYTES:
                part = await self._next_block()
                parts.append(part)
                size += len(part)
        return b"".join(parts)

    async def _next_block(self) -> bytes:
        """Return the next event as it is sent; nothing for one that is not wanted."""
        item = await self._feed.__anext__()
        if isinstance(item, EventsMissed):
            return _gap_block(_missed(self._host, item))
        if not self._choice.takes(item.event):
            self._passed = item.id
            return b""
        self._passed = None
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (
            item.id.encode(),
            item.event.kind.encode(),
            self._text.of(item),
        )

    def _heartbeat_block(self) -> bytes:
        """Tell that all is well and, without an event, how far the client has got: it may come back from there."""
        if self._passed is None:
            return _HEARTBEAT
        passed, self._passed = self._passed, None
        return b"id: %b\n" % passed.encode() + _HEARTBEAT


def _gap_block(gap: dict[str, Any]) -> bytes:
    return b"event: gap\ndata: " + dump_json(gap) + b"\n\n"
