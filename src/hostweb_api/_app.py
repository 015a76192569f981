"""The REST API as an ASGI app: routes, problems and the guard put together."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from quart import has_request_context, request, websocket
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from hostcore.errors import HostError, ProtocolError
from hostweb_api._event_choice import EventText
from hostweb_api._problems import ProblemError, internal_problem, problem_of
from hostweb_api._request_facts import facts_of
from hostweb_api._responses import problem_response
from hostweb_api._settings import MAX_SMALL_BODY, ApiSettings
from hostweb_api.console._pages import ConsolePages
from hostweb_api.extensions._routes import add_routes
from hostweb_api.intake._intake import Intake
from hostweb_api.live._history import History
from hostweb_api.live._host_topics import EventsTopic, LogsTopic
from hostweb_api.live._sockets import LiveConnection, LiveSockets
from hostweb_api.live._state_topics import MetricsTopic, PluginsTopic
from hostweb_api.live._topics import Topics
from hostweb_api.live._traffic_topic import TrafficTopic
from hostweb_api.routes._about import about_blueprint
from hostweb_api.routes._audit import audit_blueprint
from hostweb_api.routes._calls import calls_blueprint
from hostweb_api.routes._config import config_blueprint
from hostweb_api.routes._events import events_blueprint
from hostweb_api.routes._health import health_blueprint
from hostweb_api.routes._host import host_blueprint
from hostweb_api.routes._interfaces import interfaces_blueprint
from hostweb_api.routes._lifecycle import lifecycle_blueprint
from hostweb_api.routes._live import live_blueprint
from hostweb_api.routes._logs import logs_blueprint
from hostweb_api.routes._metrics import metrics_blueprint
from hostweb_api.routes._navigation import navigation_blueprint
from hostweb_api.routes._openapi import openapi_blueprint
from hostweb_api.routes._plugins import plugins_blueprint
from hostweb_api.routes._processes import processes_blueprint
from hostweb_api.routes._session import session_blueprint
from hostweb_api.routes._tokens import tokens_blueprint
from hostweb_api.routes._traffic import traffic_blueprint
from hostweb_api.routes._uploads import uploads_blueprint
from hostweb_api.routes._verification import verification_blueprint
from hostweb_api.security._access import Access
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._door import Door
from hostweb_api.security._guard import Guard
from hostweb_api.serving._body import ApiRequest
from hostweb_api.serving._exchange import ApiConnection
from hostweb_api.serving._meter import HttpMeter
from hostweb_api.serving._observer import Observer
from hostweb_api.serving._places import StreamPlaces
from hostweb_api.serving._streams import OpenStreams

if TYPE_CHECKING:
    from quart.wrappers.response import Response

    from hostcore.host import HostControl
    from hostweb_api.console._files import Console
    from hostweb_api.serving._tls import ServerTls

_log = logging.getLogger(__name__)


def create_app(
    host: HostControl,
    *,
    settings: ApiSettings | None = None,
    streams: OpenStreams | None = None,
    access: Access | None = None,
    audit: AuditTrail | None = None,
    console: Console | None = None,
    history: History | None = None,
    tls: ServerTls | None = None,
) -> QuartTrio:
    """Build the API of a running host.

    Args:
        host: the host that the API shows and commands.
        settings: under which names it may be reached; by default the loopback ones.
        streams: what ends the live answers when the server stops; whoever serves the app closes it.
        access: the tokens and sessions; by default there are none, and those that are made end with the app.
        audit: keeps who has changed what; by default nobody does.
        console: what is served as pages; without it a browser is told that there is none.
        history: remembers how plugins were; whoever serves the app runs it. By default nothing is remembered.
        tls: the server's certificate, which is renewed when the host's configuration is read again.
    """
    settings = settings or ApiSettings()
    streams = streams or OpenStreams()
    audit = audit or AuditTrail()
    door = Door(access or Access(), settings)
    places = StreamPlaces(settings.streams_per_client)
    intake = Intake(host)
    app = QuartTrio("hostweb_api", static_folder=None, template_folder=None)
    app.request_class = ApiRequest
    app.asgi_http_class = partial(ApiConnection, door.stays, streams, places)  # type: ignore[assignment] # made like it
    text = EventText()
    topics = Topics(
        (
            EventsTopic(host, text),
            LogsTopic(host),
            MetricsTopic(host),
            PluginsTopic(host),
            TrafficTopic(host),
        )
    )
    sockets = LiveSockets(
        host,
        topics,
        streams,
        heartbeat=settings.heartbeat,
        may_stay=door.stays,
        audit=audit,
        places=places,
    )
    app.asgi_websocket_class = partial(LiveConnection, sockets)  # type: ignore[assignment] # made like the class
    # The framework's own body limit is for routes that do not name one.
    app.config.update(MAX_CONTENT_LENGTH=MAX_SMALL_BODY, PROPAGATE_EXCEPTIONS=False)
    # One path has one spelling: no redirects to another.
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    meter = HttpMeter(
        Observer(
            Guard(ConsolePages(app.asgi_app, console), settings, door),
            audit,
            hsts_seconds=settings.hsts_seconds,
        )
    )
    for blueprint in (
        health_blueprint(host),
        about_blueprint(host),
        openapi_blueprint(),
        host_blueprint(host, tls),
        plugins_blueprint(host, intake),
        uploads_blueprint(intake),
        verification_blueprint(host),
        lifecycle_blueprint(host),
        config_blueprint(host),
        processes_blueprint(host),
        interfaces_blueprint(host),
        calls_blueprint(host, streams, settings, audit),
        logs_blueprint(host, streams),
        metrics_blueprint(host, meter.metrics, history or History(host)),
        events_blueprint(host, streams, settings, text),
        traffic_blueprint(host, streams, settings),
        live_blueprint(sockets),
        session_blueprint(door),
        tokens_blueprint(door.access),
        audit_blueprint(audit),
        navigation_blueprint(host),
    ):
        app.register_blueprint(blueprint)
    add_routes(app, host)
    for kind in (HostError, ProtocolError, ProblemError, HTTPException, Exception):
        app.register_error_handler(kind, _answer_error)
    app.asgi_app = meter  # type: ignore[method-assign] # Quart's way to add middleware
    return app


async def _answer_error(error: Exception) -> Response:
    problem = problem_of(error)
    # Errors of websockets come here, too.
    facts = facts_of(cast("dict[str, Any]", (request if has_request_context() else websocket).scope))
    if problem is None:
        _log.error("The request %s failed with an error nobody foresaw", facts.request_id, exc_info=error)
        problem = internal_problem()
    facts.problem = problem.code
    return problem_response(problem)
