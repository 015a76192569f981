"""`/api/traffic`: the communication log, as pages, as an export, live, and calls from it made again."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from quart import Blueprint, request
from quart.wrappers.response import Response

from hostcore.errors import RecordNotFoundError
from hostcore.snapshots import as_json
from hostcore.traffic import (
    CallEntry,
    MessageEntry,
    TrafficFilter,
    TrafficLog,
    TrafficMissed,
    TrafficSettings,
    traffic_of,
)
from hostweb_api._answers import CallAnswer, CallFailure
from hostweb_api._json import dump_json
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import CALLING, NAMING
from hostweb_api._problems import internal_problem, problem_of
from hostweb_api._reading import current_request
from hostweb_api._request_facts import facts_of
from hostweb_api._responses import NDJSON, SSE, json_response
from hostweb_api._traffic_answers import (
    DEFAULT_ENTRIES,
    CallDetails,
    MessageList,
    MessagesQuery,
    PluginTrafficQuery,
    RecordedCall,
    RecordedMessage,
    ReplayBody,
    TrafficGap,
    TrafficList,
    TrafficQuery,
    TrafficSettingsBody,
)
from hostweb_api.security._callers import Scope
from hostweb_api.serving._exchange import LiveBody

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from types import TracebackType
    from typing import Any, Self

    from hostcore.host import HostControl
    from hostcore.traffic import TrafficFeed
    from hostweb_api._settings import ApiSettings
    from hostweb_api.serving._streams import OpenStreams

_log = logging.getLogger(__name__)

_CALL_ID: Final = re.compile(r"[0-9]{1,16}")
_GREETING: Final = b"retry: 1000\n\n"
_HEARTBEAT: Final = b": still here\n\n"
_MILLISECONDS: Final = 1000

_LOGGED: Final = ("traffic-unavailable",)
_FOLLOWED: Final = (*_LOGGED, "streams-exceeded")

_SHOWN: Final = {
    200: (
        Answer(kind=TrafficList, description="A page of calls."),
        Answer(
            kind=RecordedCall | CallFailure,
            description="All calls that are asked for, whatever `limit` says, the latest first.",
            media_type=NDJSON,
        ),
        Answer(kind=RecordedCall | TrafficGap, description="Each call from now on.", media_type=SSE),
    )
}


def traffic_blueprint(host: HostControl, streams: OpenStreams, settings: ApiSettings) -> Blueprint:
    """Return the routes of the communication log."""
    routes = Blueprint("traffic", __name__, url_prefix="/api")

    async def show(asked: TrafficFilter, query: PluginTrafficQuery) -> Response:
        log = traffic_of(host)
        form = _form()
        if form == SSE:
            body: LiveBody = _LiveTraffic(log.follow(asked), streams, settings.heartbeat, bodies=query.bodies)
            return Response(body, headers={"X-Accel-Buffering": "no"}, content_type=SSE)
        if form == NDJSON:
            return Response(
                _Export(log.everything(asked, bodies=query.bodies), streams, bodies=query.bodies),
                content_type=NDJSON,
            )
        page = await log.calls(asked, before=query.before, limit=query.limit, bodies=query.bodies)
        return json_response(
            {
                "calls": [each.as_json(bodies=query.bodies) for each in page.entries],
                "next": page.next,
                "statistics": (await log.statistics()).as_json(),
            }
        )

    @routes.get("/traffic")
    @operation("listTraffic", scope=Scope.VIEWER, query=TrafficQuery, answers=_SHOWN, problems=_FOLLOWED)
    async def list_traffic(query: TrafficQuery) -> Response:
        """List recorded calls, export them, or follow them."""
        return await show(query.filter(query.plugin), query)

    @routes.get("/plugins/<plugin_id>/traffic")
    @operation(
        "listPluginTraffic",
        scope=Scope.VIEWER,
        query=PluginTrafficQuery,
        answers=_SHOWN,
        problems=(*_FOLLOWED, *NAMING),
    )
    async def list_plugin_traffic(plugin_id: str, query: PluginTrafficQuery) -> Response:
        """List the recorded calls of a plugin, export them, or follow them."""
        host.plugin(plugin_id)
        return await show(query.filter(plugin_id), query)

    @routes.get("/traffic/<call_id>")
    @operation(
        "showRecordedCall",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=CallDetails, description="The call."),)},
        problems=(*_LOGGED, "record-not-found"),
    )
    async def show_recorded_call(call_id: str) -> Response:
        """Show a recorded call with what it carried, the calls made for it, and its messages."""
        log = traffic_of(host)
        call = await log.call(_call_id(call_id))
        children = await log.calls(TrafficFilter(parent=call.id), limit=DEFAULT_ENTRIES)
        messages = await log.messages(TrafficFilter(call=call.id), limit=DEFAULT_ENTRIES, bodies=True)
        return json_response(
            {
                "call": call.as_json(),
                "children": [each.as_json(bodies=False) for each in children.entries],
                "messages": [each.as_json() for each in messages.entries],
            }
        )

    @routes.post("/traffic/<call_id>/replay")
    @operation(
        "replayCall",
        scope=Scope.OPERATOR,
        body=ReplayBody,
        body_is_optional=True,
        answers={200: (Answer(kind=CallAnswer, description="What the call has brought this time."),)},
        problems=(*_LOGGED, "record-not-found", "call-not-replayable", *CALLING),
    )
    async def replay_call(call_id: str, body: ReplayBody) -> Response:
        """Make a recorded call again."""
        timeout = None if body.timeout_ms is None else body.timeout_ms / _MILLISECONDS
        log = traffic_of(host)
        facts = facts_of(current_request().asgi_scope)
        result = await log.replay(_call_id(call_id), timeout=timeout, on_record=facts.note_call)
        return json_response({"result": result})

    _add_messages(routes, host, streams, settings.heartbeat)
    _add_settings(routes, host)
    return routes


def _add_messages(routes: Blueprint, host: HostControl, streams: OpenStreams, heartbeat: float) -> None:
    @routes.get("/messages")
    @operation(
        "listMessages",
        scope=Scope.VIEWER,
        query=MessagesQuery,
        answers={
            200: (
                Answer(kind=MessageList, description="A page of messages."),
                Answer(
                    kind=RecordedMessage | CallFailure,
                    description="All messages that are asked for, whatever `limit` says, the latest first.",
                    media_type=NDJSON,
                ),
                Answer(
                    kind=RecordedMessage | TrafficGap,
                    description="Each message from now on.",
                    media_type=SSE,
                ),
            )
        },
        problems=_FOLLOWED,
    )
    async def list_messages(query: MessagesQuery) -> Response:
        """List recorded messages, export them, or follow them."""
        log, asked, form = traffic_of(host), query.filter(), _form()
        if form == SSE:
            feed = log.follow(asked, calls=False, messages=True)
            body = _LiveTraffic(feed, streams, heartbeat, bodies=query.bodies)
            return Response(body, headers={"X-Accel-Buffering": "no"}, content_type=SSE)
        if form == NDJSON:
            entries = log.everything(asked, messages=True, bodies=query.bodies)
            return Response(_Export(entries, streams, bodies=query.bodies), content_type=NDJSON)
        page = await log.messages(asked, before=query.before, limit=query.limit, bodies=query.bodies)
        return json_response(
            {"messages": [each.as_json(bodies=query.bodies) for each in page.entries], "next": page.next}
        )


def _add_settings(routes: Blueprint, host: HostControl) -> None:
    @routes.get("/plugins/<plugin_id>/traffic/settings")
    @operation(
        "showTrafficSettings",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=TrafficSettings, description="What is recorded."),)},
        problems=(*_LOGGED, *NAMING),
    )
    async def show_traffic_settings(plugin_id: str) -> Response:
        """Show what is recorded of a plugin."""
        host.plugin(plugin_id)
        return json_response(as_json(traffic_of(host).settings(plugin_id)))

    @routes.put("/plugins/<plugin_id>/traffic/settings")
    @operation(
        "changeTrafficSettings",
        scope=Scope.OPERATOR,
        body=TrafficSettingsBody,
        answers={200: (Answer(kind=TrafficSettings, description="What is recorded from now on."),)},
        problems=(*_LOGGED, *NAMING, "storage-failed", "host-closed"),
    )
    async def change_traffic_settings(plugin_id: str, body: TrafficSettingsBody) -> Response:
        """Record other things of a plugin from now on, until it is unloaded."""
        log: TrafficLog = traffic_of(host)
        await log.change_settings(plugin_id, body.settings())
        return json_response(as_json(log.settings(plugin_id)))


def _form() -> str:
    """Return which of the three forms the client asks for; JSON when it does not care."""
    forms = ["application/json", NDJSON, SSE]
    return request.accept_mimetypes.best_match(forms, default=forms[0])


def _call_id(text: str) -> int:
    """Read a call's id; raises `RecordNotFoundError` for what can be none."""
    if _CALL_ID.fullmatch(text) is None:
        raise RecordNotFoundError(
            f"{text!r:.80} is no id of a call", hint="take the id from the list of calls: it is a number"
        )
    return int(text)


class _Export(LiveBody):
    """Sends each entry as one line of JSON, and what goes wrong on the way as the last one."""

    def __init__(
        self,
        entries: AsyncGenerator[CallEntry | MessageEntry, None],
        streams: OpenStreams,
        *,
        bodies: bool,
    ) -> None:
        self._entries = entries
        self._streams = streams
        self._bodies = bodies
        self._is_over = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._entries.aclose()

    async def begin(self) -> bytes:
        # Until the first line is there, what goes wrong can be answered with its own status.
        try:
            return await self._next_line()
        except StopAsyncIteration:
            self._is_over = True
            return b""

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        try:
            return await self._next_line()
        except StopAsyncIteration:
            raise
        except Exception as error:  # noqa: BLE001 - the head is out: whatever it is, the last line tells it
            self._is_over = True
            problem = problem_of(error)
            if problem is None:
                _log.exception("An export of the communication log failed")
                problem = internal_problem()
            return b'{"error":' + problem.body() + b"}\n"

    async def _next_line(self) -> bytes:
        with self._streams.wait():
            entry = await self._entries.__anext__()
            return dump_json(entry.as_json(bodies=self._bodies)) + b"\n"
        raise StopAsyncIteration


class _LiveTraffic(LiveBody):
    """Sends each entry as a server-sent event, a gap where some were missed, and comments in between."""

    is_endless = True

    def __init__(self, feed: TrafficFeed, streams: OpenStreams, heartbeat: float, *, bodies: bool) -> None:
        self._feed = feed
        self._streams = streams
        self._heartbeat = heartbeat
        self._bodies = bodies

    async def __aenter__(self) -> Self:
        await self._feed.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._feed.__aexit__(exc_type, exc_value, tb)

    async def begin(self) -> bytes:
        return _GREETING

    async def __anext__(self) -> bytes:
        with self._streams.wait(self._heartbeat):
            item = await self._feed.__anext__()
            if isinstance(item, TrafficMissed):
                return _block("gap", {"count": item.count})
            kind = "call" if isinstance(item, CallEntry) else "message"
            return _block(kind, item.as_json(bodies=self._bodies))
        if self._streams.is_closed:
            raise StopAsyncIteration
        return _HEARTBEAT


def _block(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: ".encode() + dump_json(data) + b"\n\n"
