"""`/api/health`: whether the host is up, for scripts and watchdogs."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._answers import Health
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response

if TYPE_CHECKING:
    from hostcore.host import HostControl


def health_blueprint(host: HostControl) -> Blueprint:
    """Return the route `/api/health`; 503 once the host stops. Failed plugins do not make a host unhealthy."""
    routes = Blueprint("health", __name__)

    @routes.get("/api/health")
    @operation(
        "showHealth",
        scope=None,
        answers={
            200: (Answer(kind=Health, description="The host runs."),),
            503: (Answer(kind=Health, description="The host stops."),),
        },
    )
    async def show_health() -> Response:
        """Say whether the host is up."""
        states = Counter(plugin.state.value for plugin in host.plugins())
        health = Health(
            status="stopping" if host.is_stopping else "ok",
            version=host.version,
            run=host.run_id,
            started_at=host.started_at,
            uptime=max(0.0, time.time() - host.started_at),
            plugins=dict(sorted(states.items())),
            last_event=host.last_event,
        )
        return json_response(as_json(health), status=503 if host.is_stopping else 200)

    return routes
