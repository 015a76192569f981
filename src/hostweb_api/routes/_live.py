"""`/api/live`: the websocket, as far as it is a request."""

from __future__ import annotations

from quart import Blueprint, request
from quart.wrappers.response import Response

from hostweb_api._operations import Answer, operation
from hostweb_api._problems import Problem, ProblemError
from hostweb_api.live._sockets import PATH, LiveSockets
from hostweb_api.security._callers import Scope


def live_blueprint(sockets: LiveSockets) -> Blueprint:
    """Return the route that answers requests of the path that ask for no websocket.

    A page cannot read why a websocket was refused to it: it asks here, and hears the same.
    """
    routes = Blueprint("live", __name__)

    @routes.get(PATH)
    @operation(
        "openLive",
        scope=Scope.VIEWER,
        answers={101: (Answer(kind=None, description="The websocket is open."),)},
        problems=("upgrade-required", "live-full", "streams-exceeded", "query-invalid"),
    )
    async def open_live() -> Response:
        """Open the live websocket: topics to follow, and calls with items both ways.

        Its messages are described by `schemas/http/live.schema.json`. A request that asks for no upgrade is told why a
        websocket would be refused right now, and that an upgrade is required where it would not.
        """
        refusal = sockets.refusal_of(request.scope)
        raise ProblemError(
            refusal
            or Problem(
                code="upgrade-required",
                detail="This path is for websockets.",
                hint="open it with a websocket client; GET /api/events tells events over plain HTTP",
                headers=(("Upgrade", "websocket"),),
            )
        )

    return routes
