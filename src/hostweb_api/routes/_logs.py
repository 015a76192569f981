"""`/api/plugins/:id/logs`: the log of a plugin, kept lines and new ones."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import LogLine, as_json
from hostweb_api._answers import LogLines
from hostweb_api._json import dump_json
from hostweb_api._models import LogsQuery
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import NAMING
from hostweb_api._responses import NDJSON, json_response
from hostweb_api._settings import DEFAULT_LOG_LINES, MAX_LOG_LINES
from hostweb_api.security._callers import Scope
from hostweb_api.serving._exchange import LiveBody

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from hostcore.host import HostControl, Subscription
    from hostweb_api.serving._streams import OpenStreams


def logs_blueprint(host: HostControl, streams: OpenStreams) -> Blueprint:
    """Return the route of a plugin's log."""
    routes = Blueprint("logs", __name__)

    @routes.get("/api/plugins/<plugin_id>/logs")
    @operation(
        "showLogs",
        scope=Scope.VIEWER,
        query=LogsQuery,
        answers={
            200: (
                Answer(kind=LogLines, description="The lines."),
                Answer(kind=LogLine, description="With `follow`: each line as it comes.", media_type=NDJSON),
            )
        },
        problems=(*NAMING, "streams-exceeded"),
    )
    async def show_logs(plugin_id: str, query: LogsQuery) -> Response:
        """Show the log of a plugin."""
        lines = _kept_lines(host, plugin_id, query)
        if not query.follow:
            return json_response(as_json(LogLines(lines=lines)))
        # What comes between this look and the subscription is kept, so it is not missed.
        after = lines[0].sequence - 1 if lines else query.after or _last_sequence(host, plugin_id)
        body = _LogBody(host.follow_logs(plugin_id, after=after), streams)
        return Response(body, content_type=NDJSON)

    return routes


def _kept_lines(host: HostControl, plugin_id: str, query: LogsQuery) -> tuple[LogLine, ...]:
    if query.after is None:
        return host.logs(plugin_id, last=DEFAULT_LOG_LINES if query.last is None else query.last)
    lines = host.logs(plugin_id, last=MAX_LOG_LINES)
    lines = tuple(line for line in lines if line.sequence > query.after)
    return lines if query.last is None else lines[len(lines) - min(query.last, len(lines)) :]


def _last_sequence(host: HostControl, plugin_id: str) -> int:
    lines = host.logs(plugin_id, last=1)
    return lines[-1].sequence if lines else 0


class _LogBody(LiveBody):
    """Sends each line as one line of JSON."""

    is_endless = True

    def __init__(self, lines: Subscription[LogLine], streams: OpenStreams) -> None:
        self._lines = lines
        self._streams = streams
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._lines)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._open.__aexit__(exc_type, exc_value, tb)

    async def __anext__(self) -> bytes:
        with self._streams.wait():
            line = await self._lines.__anext__()
            return dump_json(as_json(line)) + b"\n"
        raise StopAsyncIteration
