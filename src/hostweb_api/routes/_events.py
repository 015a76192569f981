"""`/api/events`: what happens in the host, as server-sent events or as a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from quart import Blueprint, request
from quart.wrappers.response import Response

from hostcore.events import EventsMissed, Recorded
from hostweb_api._event_answers import EventList, RecordedEvent
from hostweb_api._json import dump_json
from hostweb_api._models import EventsQuery
from hostweb_api._operations import Answer, RequestHeader, operation
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._responses import SSE, json_response
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
# Nineteen digits are more events than there are nanoseconds in three centuries.
_EVENT_ID: Final = re.compile(r"(?P<run>.+)-(?P<sequence>[0-9]{1,19})", re.DOTALL)


def events_blueprint(host: HostControl, streams: OpenStreams, settings: ApiSettings) -> Blueprint:
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
    )
    async def show_events(query: EventsQuery) -> Response:
        """Show what has happened, and what happens from now on."""
        wanted = request.headers.get("Last-Event-ID") or query.after
        if _wants_list():
            return json_response(await _list_events(host, wanted))
        body = _EventBody(host, wanted, streams, settings.heartbeat)
        return Response(body, headers={"X-Accel-Buffering": "no"}, content_type=SSE)

    return routes


def _wants_list() -> bool:
    best = request.accept_mimetypes.best_match([SSE, "application/json"], default=SSE)
    return best == "application/json"


async def _list_events(host: HostControl, wanted: str | None) -> dict[str, Any]:
    """Return the kept events after `wanted`, up to the latest one at this moment."""
    last = host.last_event
    after, gap = _place(host, wanted)
    found: list[dict[str, Any]] = []
    if last > (after or 0):
        async with host.events(after=after or 0) as events:
            async for item in events:
                if isinstance(item, EventsMissed):
                    gap = gap or _missed(host, item)
                    reached = item.last
                else:
                    found.append(item.as_json())
                    reached = item.sequence
                if reached >= last:
                    break
    return {"run": host.run_id, "last": last, "gap": gap, "events": found}


def _place(host: HostControl, wanted: str | None) -> tuple[int | None, dict[str, Any] | None]:
    """Find where in this run an event id is; an id of another run is before its beginning, with a gap.

    Raises:
        ProblemError: it is no event id.
    """
    if wanted is None:
        return None, None
    found = _EVENT_ID.fullmatch(wanted)
    if found is None:
        raise ProblemError(
            Problem(
                code="query-invalid",
                detail=f"{wanted!r} is no event id.",
                hint="give the id of an event as it was sent, <run>-<sequence>",
            )
        )
    run, sequence = found["run"], int(found["sequence"])
    if run == host.run_id and sequence <= host.last_event:
        return sequence, None
    return 0, {"reason": "other-run", "run": host.run_id, "asked_for": wanted}


def _missed(host: HostControl, item: EventsMissed) -> dict[str, Any]:
    return {"reason": "missed", "run": host.run_id, "first": item.first, "last": item.last}


class _EventBody(LiveBody):
    """Sends each event as a server-sent event, a gap where some are missing, and comments in between."""

    def __init__(self, host: HostControl, wanted: str | None, streams: OpenStreams, heartbeat: float) -> None:
        self._host = host
        self._streams = streams
        self._heartbeat = heartbeat
        after, self._gap = _place(host, wanted)
        self._events: Subscription[Recorded | EventsMissed] = host.events(after=after)

    async def __aenter__(self) -> Self:
        await self._events.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._events.__aexit__(exc_type, exc_value, tb)

    async def begin(self) -> bytes:
        return _GREETING + (_gap_block(self._gap) if self._gap else b"")

    async def __anext__(self) -> bytes:
        with self._streams.wait(self._heartbeat):
            item = await self._events.__anext__()
            if isinstance(item, EventsMissed):
                return _gap_block(_missed(self._host, item))
            return _block(item.as_json(), event_id=item.id, kind=item.event.kind)
        if self._streams.is_closed:
            raise StopAsyncIteration
        return _HEARTBEAT


def _gap_block(gap: dict[str, Any]) -> bytes:
    return b"event: gap\ndata: " + dump_json(gap) + b"\n\n"


def _block(data: dict[str, Any], *, event_id: str, kind: str) -> bytes:
    return f"id: {event_id}\nevent: {kind}\ndata: ".encode() + dump_json(data) + b"\n\n"
