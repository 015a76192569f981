"""The host as a whole: its configuration, its extensions, and who requires whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._models import current_request
from hostweb_api._responses import json_response

if TYPE_CHECKING:
    from hostcore.host import HostControl


def host_blueprint(host: HostControl) -> Blueprint:
    """Return the routes `/api/host/reload`, `/api/extensions` and `/api/topology`."""
    routes = Blueprint("host", __name__, url_prefix="/api")

    @routes.post("/host/reload")
    async def reload_host() -> Response:
        current_request().outlives_client = True
        return json_response(as_json(await host.reload_config()))

    @routes.get("/extensions")
    async def list_extensions() -> Response:
        return json_response({"extensions": as_json(host.extensions()), "hooks": as_json(host.hooks())})

    @routes.get("/topology")
    async def show_topology() -> Response:
        return json_response(_topology(host))

    return routes


def _topology(host: HostControl) -> dict[str, Any]:
    """Lay how the plugins are over who requires whom."""
    order = host.start_order()
    waves = {plugin: number for number, wave in enumerate(order.waves) for plugin in wave}
    plugins = [
        {
            "id": plugin.id,
            "version": plugin.version,
            "state": plugin.state,
            "reason": plugin.reason,
            "start": plugin.start,
            "wanted": plugin.wanted,
            "wave": waves.get(plugin.id),
            "waiting_for": plugin.waiting_for,
        }
        for plugin in host.plugins()
    ]
    shown: dict[str, Any] = as_json(
        {
            "waves": order.waves,
            "plugins": plugins,
            "dependencies": order.dependencies,
            "problems": order.problems,
        }
    )
    return shown
