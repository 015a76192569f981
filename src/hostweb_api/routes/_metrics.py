"""`/metrics` for monitoring systems, and the calls of one plugin by method for people and programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

import trio
from quart import Blueprint, request
from quart.wrappers.response import Response

from hostcore.metrics import OPENMETRICS, PROMETHEUS, MetricFamily, expose
from hostcore.snapshots import LATENCY_BOUNDS, CallStatistics, as_json
from hostweb_api._figure_answers import CallFigures, FigureHistory, PluginCalls
from hostweb_api._models import HistoryQuery
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import NAMING
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api.live._history import History

_OPENMETRICS_TYPE: Final = OPENMETRICS.partition(";")[0]


def metrics_blueprint(
    host: HostControl, own: Callable[[], Iterable[MetricFamily]], history: History
) -> Blueprint:
    """Return the routes `/metrics` and `/api/plugins/:id/metrics`.

    Args:
        host: offers the figures of plugins and extensions.
        own: gives those of the server.
        history: remembers how plugins were.
    """
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    @operation(
        "showMetrics",
        scope=Scope.VIEWER,
        answers={
            200: (
                Answer(kind=str, description="The format of Prometheus.", media_type="text/plain"),
                Answer(kind=str, description="That of OpenMetrics.", media_type=_OPENMETRICS_TYPE),
            )
        },
    )
    async def show_metrics() -> Response:
        """Show all figures as text, in the format of Prometheus or of OpenMetrics."""
        families = {each.name: each for each in (*host.metrics(), *own())}
        media_type = OPENMETRICS if _wants_openmetrics() else PROMETHEUS
        ordered = [each for _, each in sorted(families.items())]
        # In a thread: the text of a thousand methods is 2 MB, and takes time in which calls shall go on.
        text = await trio.to_thread.run_sync(partial(expose, ordered, media_type=media_type))
        return Response(text.encode(), content_type=media_type)

    @routes.get("/api/plugins/<plugin_id>/metrics")
    @operation(
        "showPluginMetrics",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=PluginCalls, description="The calls of the plugin."),)},
        problems=NAMING,
    )
    async def show_plugin_metrics(plugin_id: str) -> Response:
        """Show how often each method of a plugin was called, with what outcome, and how long that took."""
        methods = host.method_statistics(plugin_id)
        calls = PluginCalls(
            plugin=plugin_id,
            bounds=LATENCY_BOUNDS,
            total=CallFigures.of(CallStatistics.total(methods.values())),
            methods={name: CallFigures.of(each) for name, each in methods.items()},
        )
        return json_response(as_json(calls))

    @routes.get("/api/plugins/<plugin_id>/metrics/history")
    @operation(
        "showPluginHistory",
        scope=Scope.VIEWER,
        query=HistoryQuery,
        answers={200: (Answer(kind=FigureHistory, description="The figures of the last half hour."),)},
        problems=NAMING,
    )
    async def show_plugin_history(plugin_id: str, query: HistoryQuery) -> Response:
        """Show how many calls a plugin had over the last half hour, how long they took, and what its processes used."""
        return json_response(as_json(history.of(plugin_id, after=query.after)))

    return routes


def _wants_openmetrics() -> bool:
    """Whether the client prefers it; what it says beside the type, such as a version, changes nothing."""
    for value, _ in request.accept_mimetypes:  # the best one first
        kind = value.partition(";")[0].strip().lower()
        if kind in {_OPENMETRICS_TYPE, "text/plain", "text/*", "*/*"}:
            return kind == _OPENMETRICS_TYPE
    return False
